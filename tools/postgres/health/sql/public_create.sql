SELECT n.nspname::text AS object, format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC;', n.nspname) AS remedy
  FROM pg_catalog.pg_namespace AS n
 CROSS JOIN aclexplode(n.nspacl) AS g
 WHERE g.grantee = 0 AND g.privilege_type = 'CREATE' AND n.nspname NOT LIKE 'pg\_%'
 ORDER BY object
