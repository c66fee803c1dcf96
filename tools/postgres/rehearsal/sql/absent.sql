-- The tables behind a name as an error gives it: with its schema, or without one and then those on the search path first.
SELECT n.nspname::text AS schema, c.relname::text AS name
  FROM pg_class named
  JOIN pg_namespace written ON written.oid = named.relnamespace
  LEFT JOIN pg_depend owned ON owned.classid = 'pg_class'::regclass AND owned.objid = named.oid
                           AND owned.refclassid = 'pg_class'::regclass AND owned.deptype IN ('a', 'i')
                           AND named.relkind = 'S'
  JOIN pg_class c ON c.oid = coalesce(owned.refobjid, named.oid)
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE (named.relname = %(name)s OR written.nspname || '.' || named.relname = %(name)s)
   AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY pg_table_is_visible(named.oid) DESC, 1, 2
 LIMIT 5
