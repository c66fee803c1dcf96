WITH RECURSIVE member AS (
    SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user
    UNION
    SELECT m.roleid FROM pg_catalog.pg_auth_members m JOIN member ON member.oid = m.member
), mine AS (
    SELECT r.* FROM pg_catalog.pg_roles r JOIN member USING (oid)
), own AS (
    SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n
    WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
), relation AS (
    SELECT c.oid, format('%I.%I', own.nspname, c.relname) AS name, own.nspname AS schema, c.relkind, c.relowner,
           has_schema_privilege(own.oid, 'USAGE') AS reachable
    FROM pg_catalog.pg_class c JOIN own ON own.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
), writable AS (
    SELECT name, relkind FROM relation
    WHERE reachable AND CASE WHEN relkind = 'S' THEN has_sequence_privilege(oid, 'USAGE, UPDATE')
          ELSE has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE') OR has_any_column_privilege(oid, 'INSERT, UPDATE') END
)
SELECT current_user AS role,
       bool_or(rolsuper) AS superuser,
       bool_or(rolbypassrls) AS bypass_row_security,
       bool_or(rolcreaterole) AS create_roles,
       bool_or(rolcreatedb) AS create_databases,
       bool_or(rolreplication) AS replication,
       coalesce(array_agg(rolname::text ORDER BY rolname) FILTER (WHERE rolname <> current_user), '{}') AS member_of,
       (SELECT count(*) FROM writable WHERE relkind <> 'S') AS tables_writable,
       (SELECT coalesce(array_agg(name ORDER BY name), '{}')
        FROM (SELECT name FROM writable WHERE relkind <> 'S' ORDER BY name LIMIT 5) x) AS tables_writable_examples,
       (SELECT count(*) FROM writable WHERE relkind = 'S') AS sequences_writable,
       (SELECT coalesce(array_agg(nspname::text ORDER BY nspname), '{}')
        FROM own WHERE has_schema_privilege(oid, 'CREATE')) AS schemas_creatable,
       has_database_privilege(current_database(), 'CREATE') AS database_create,
       has_database_privilege(current_database(), 'TEMP') AS temporary_tables,
       (SELECT count(*) FROM relation WHERE relowner IN (SELECT oid FROM member)) AS objects_owned,
       (SELECT coalesce(jsonb_object_agg(schema, jsonb_build_array(readable, total)), '{}')
        FROM (SELECT schema, count(*) AS total,
                     count(*) FILTER (WHERE reachable AND has_table_privilege(oid, 'SELECT')) AS readable
              FROM relation WHERE relkind <> 'S' GROUP BY schema) x) AS readable,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees_other_sessions,
       pg_has_role(current_user, 'pg_read_all_settings', 'USAGE') AS sees_all_settings,
       has_table_privilege('pg_catalog.pg_authid', 'SELECT') OR has_table_privilege('pg_catalog.pg_shadow', 'SELECT')
           AS reads_password_hashes
FROM mine
