SELECT c.oid, n.nspname || '.' || c.relname AS label
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.oid = ANY ({oids}::oid[])
