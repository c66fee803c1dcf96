SET password_encryption = 'scram-sha-256';
CREATE ROLE md5_role LOGIN PASSWORD 'x';
GRANT SELECT (rolname, rolcanlogin, rolpassword) ON pg_authid TO health_reader;
