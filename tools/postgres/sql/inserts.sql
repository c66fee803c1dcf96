SELECT n.nspname || '.' || c.relname AS "table",
       pg_stat_get_tuples_inserted(c.oid) AS inserted,
       (SELECT extract(epoch FROM now() - stats_reset)::float8
          FROM pg_catalog.pg_stat_database WHERE datname = current_database()) AS age_s,
       (SELECT a.attname::text
          FROM pg_catalog.pg_index AS i
          JOIN pg_catalog.pg_class AS ic ON ic.oid = i.indexrelid
          JOIN pg_catalog.pg_am AS am ON am.oid = ic.relam AND am.amname = 'btree'
          JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = (i.indkey::int2[])[0]
         WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL
           AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype)
         ORDER BY a.attname ~ '^(created|inserted|placed|recorded|occurred|logged)' DESC, a.attnum
         LIMIT 1) AS time_column
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
   AND EXISTS (SELECT FROM pg_catalog.pg_index AS k
                 JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = (k.indkey::int2[])[0]
                WHERE k.indrelid = c.oid AND k.indisprimary AND a.atttypid IN ('int4'::regtype, 'int2'::regtype))
