SELECT array_agg(n.nspname::text ORDER BY c.oid) AS schemas, array_agg(c.relname::text ORDER BY c.oid) AS names
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT c.oid::bigint = ANY (%(scope)s)
