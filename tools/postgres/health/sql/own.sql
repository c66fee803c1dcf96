    SELECT c.oid,
           n.nspname || '.' || c.relname AS label,
           format('%I.%I', n.nspname, c.relname) AS quoted,
           n.nspname AS schema,
           c.relname AS name,
           c.relnamespace AS schema_oid,
           c.relkind AS kind,
           c.relpersistence AS persistence,
           c.relispartition AS partition,
           c.relreplident AS replica_identity,
           c.relrowsecurity AS row_security,
           c.relacl AS acl,
           c.reloptions AS options,
           c.reltoastrelid AS toast_oid,
           c.reltuples AS reltuples,
           c.relpages::bigint * current_setting('block_size')::bigint AS bytes,
           greatest(c.reltuples, pg_stat_get_live_tuples(c.oid), 0)::bigint AS live_rows
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p')
       AND c.relpersistence <> 't'
       AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                        WHERE d.classid = 'pg_catalog.pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
