-- The named relations that exist, and the tables below those that are views (through any number of views).
WITH RECURSIVE reached AS (
    SELECT c.oid, c.relkind
    FROM unnest(%(names)s::text[]) AS n (name)
    JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(n.name)
  UNION
    SELECT c.oid, c.relkind
    FROM reached AS r
    JOIN pg_catalog.pg_rewrite AS w ON w.ev_class = r.oid
    JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
         AND d.refclassid = 'pg_class'::regclass
    JOIN pg_catalog.pg_class AS c ON c.oid = d.refobjid
    WHERE r.relkind = 'v'
)
SELECT n.nspname::text AS schema, c.relname::text AS name
FROM reached AS r
JOIN pg_catalog.pg_class AS c ON c.oid = r.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
GROUP BY 1, 2
ORDER BY 1, 2
