-- expects password-hash-weak md5_role
-- expects password-hash-weak password_encryption
SET password_encryption = 'md5';
CREATE ROLE md5_role LOGIN PASSWORD 'x';
ALTER DATABASE checked SET password_encryption = 'md5';
GRANT SELECT (rolname, rolcanlogin, rolpassword) ON pg_authid TO health_reader;
