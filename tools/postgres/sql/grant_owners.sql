-- Who makes tables in the schemas, and whether the administrator may set their default privileges.
SELECT DISTINCT n.nspname::text AS schema, r.rolname::text AS owner,
       pg_has_role(current_user, r.oid, 'MEMBER') AS may
FROM pg_catalog.pg_namespace n
CROSS JOIN LATERAL (
    SELECT c.relowner AS oid FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    UNION SELECT n.nspowner
    UNION SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user
) o
JOIN pg_catalog.pg_roles r ON r.oid = o.oid
WHERE n.nspname = ANY (%(schemas)s::text[]) AND r.rolname <> 'pg_database_owner'
ORDER BY 1, 2
