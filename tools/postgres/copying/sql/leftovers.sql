-- Databases and roles that copies were made in.
SELECT datname::text FROM pg_database WHERE datname LIKE %(prefix)s
 UNION
SELECT rolname::text FROM pg_roles WHERE rolname LIKE %(prefix)s
