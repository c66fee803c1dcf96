-- Every table and view outside the system's schemas by its full name, for the one that a misspelt name may mean.
SELECT n.nspname::text || '.' || c.relname::text AS name
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
ORDER BY 1
LIMIT 10000
