SELECT d.datname::text AS object,
       age(d.datfrozenxid)::bigint AS transactions,
       mxid_age(d.datminmxid)::bigint AS multixacts,
       current_setting('autovacuum_freeze_max_age')::bigint AS transactions_at,
       current_setting('autovacuum_multixact_freeze_max_age')::bigint AS multixacts_at,
       d.datname = current_database() AS here,
       (SELECT format('VACUUM (FREEZE, VERBOSE) %I.%I;', n.nspname, c.relname)
          FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'm', 't') AND d.datname = current_database()
         ORDER BY age(c.relfrozenxid) DESC LIMIT 1) AS worst_by_transactions,
       (SELECT format('VACUUM (FREEZE, VERBOSE) %I.%I;', n.nspname, c.relname)
          FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'm', 't') AND d.datname = current_database()
         ORDER BY mxid_age(c.relminmxid) DESC LIMIT 1) AS worst_by_multixacts
  FROM pg_catalog.pg_database AS d
 ORDER BY transactions DESC
