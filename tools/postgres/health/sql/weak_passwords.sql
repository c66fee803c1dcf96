SELECT rolname::text AS object,
       format('\password %I  -- in psql, with password_encryption = scram-sha-256: hashes the new one on the client',
              rolname) AS remedy
  FROM pg_catalog.pg_authid
 WHERE rolcanlogin AND rolpassword LIKE 'md5%'
 ORDER BY object
