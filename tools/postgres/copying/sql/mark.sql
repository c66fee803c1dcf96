-- Whether this server is marked as a scratch server by this role, which server it is, and what the role may make.
SELECT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = 'dbcrew_scratch' AND n.nspowner = r.oid) AS owned,
       r.rolname AS role,
       (SELECT s.system_identifier::text FROM pg_control_system() s) || ' ' || pg_postmaster_start_time()::text AS identity,
       current_database() AS database,
       r.rolsuper OR (r.rolcreatedb AND r.rolcreaterole) AS makes
  FROM pg_roles r
 WHERE r.rolname = current_user
