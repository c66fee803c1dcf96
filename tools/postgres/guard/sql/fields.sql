-- Names that `(function(…)).name` can select from what PostgreSQL's own functions return: their OUT arguments, and the
-- columns of the composite types they return.
SELECT DISTINCT name
FROM (
    SELECT u.name
    FROM pg_catalog.pg_proc AS p,
         ROWS FROM (pg_catalog.unnest(p.proargnames), pg_catalog.unnest(p.proargmodes)) AS u (name, mode)
    WHERE u.mode IN ('o', 'b', 't')
      AND p.pronamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    UNION ALL
    SELECT a.attname
    FROM pg_catalog.pg_proc AS p
    JOIN pg_catalog.pg_type AS t ON t.oid = p.prorettype
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.typrelid AND a.attnum > 0
    WHERE p.pronamespace = 'pg_catalog'::regnamespace
) AS field
WHERE name <> ''
ORDER BY name
