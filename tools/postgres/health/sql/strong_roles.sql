SELECT r.rolname::text AS object,
       concat_ws(', ',
           CASE WHEN r.rolbypassrls THEN 'read past row security' END,
           CASE WHEN r.rolcreaterole AND current_setting('server_version_num')::int < 160000 THEN 'make itself any role' END,
           CASE WHEN pg_has_role(r.oid, 'pg_execute_server_program', 'MEMBER') THEN 'run programs on the server' END,
           CASE WHEN pg_has_role(r.oid, 'pg_write_server_files', 'MEMBER') THEN 'write files of the server' END,
           CASE WHEN pg_has_role(r.oid, 'pg_read_server_files', 'MEMBER') THEN 'read files of the server' END) AS rights,
       pg_has_role(r.oid, 'pg_execute_server_program', 'MEMBER')
           OR pg_has_role(r.oid, 'pg_write_server_files', 'MEMBER') AS takes_over,
       concat_ws(' ',
           CASE WHEN r.rolbypassrls THEN format('ALTER ROLE %I NOBYPASSRLS;', r.rolname) END,
           CASE WHEN r.rolcreaterole AND current_setting('server_version_num')::int < 160000
                THEN format('ALTER ROLE %I NOCREATEROLE;', r.rolname) END,
           (SELECT string_agg(format('REVOKE %I FROM %I;', p.rolname, r.rolname), ' ')
              FROM pg_catalog.pg_roles AS p
             WHERE p.rolname IN ('pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files')
               AND pg_has_role(r.oid, p.oid, 'MEMBER'))) AS remedy
  FROM pg_catalog.pg_roles AS r
 WHERE r.rolcanlogin AND NOT r.rolsuper
   AND r.rolname !~ '^(pg_|rds|cloudsql|alloydb|azure|neon|aiven)'
   -- Members of a managed service's administrator have what it has.
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS m
                    WHERE m.rolname IN ('rds_superuser', 'cloudsqlsuperuser', 'alloydbsuperuser', 'azure_pg_admin',
                                        'neon_superuser')
                      AND pg_has_role(r.oid, m.oid, 'MEMBER'))
   AND (r.rolbypassrls
        OR r.rolcreaterole AND current_setting('server_version_num')::int < 160000
        OR pg_has_role(r.oid, 'pg_execute_server_program', 'MEMBER')
        OR pg_has_role(r.oid, 'pg_write_server_files', 'MEMBER')
        OR pg_has_role(r.oid, 'pg_read_server_files', 'MEMBER'))
 ORDER BY object
