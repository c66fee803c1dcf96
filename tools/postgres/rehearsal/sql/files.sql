SELECT c.oid::bigint AS oid, c.relkind::text AS kind, n.nspname AS schema, c.relname AS name,
       coalesce(pg_relation_filenode(c.oid), 0)::bigint AS file,
       greatest(c.reltuples, 0)::bigint AS rows
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I') AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
