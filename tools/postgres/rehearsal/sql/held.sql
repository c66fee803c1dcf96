SELECT DISTINCT l.mode, l.relation::bigint AS relation, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
       i.indrelid::bigint AS indexed
  FROM pg_locks l
  JOIN pg_class c ON c.oid = l.relation
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_index i ON i.indexrelid = c.oid
 WHERE l.pid = %(pid)s AND l.granted AND l.locktype = 'relation'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
