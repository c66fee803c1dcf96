-- Where HypoPG is, or NULL.
SELECT pg_catalog.pg_advisory_unlock_all(),
       (SELECT n.nspname
        FROM pg_catalog.pg_extension e
        JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace
        WHERE e.extname OPERATOR(pg_catalog.=) 'hypopg') AS hypopg
