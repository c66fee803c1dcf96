-- Names of PostgreSQL's own operators.
SELECT DISTINCT oprname AS name
FROM pg_catalog.pg_operator
WHERE oprnamespace = 'pg_catalog'::regnamespace
ORDER BY name
