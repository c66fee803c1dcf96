SELECT n.nspname || '.' || c.relname AS "table", pg_total_relation_size(c.oid)::bigint AS size_bytes
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.oid IN (SELECT oid FROM pg_catalog.pg_class WHERE relkind IN ('r', 'm') ORDER BY relpages DESC LIMIT 200)
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
 ORDER BY size_bytes DESC
 LIMIT 10
