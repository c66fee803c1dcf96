-- Who besides the owner may use a relation, whole (columns of their own are not counted). Grantee NULL is everybody (PUBLIC).
SELECT r.rolname::text AS grantee, a.privilege_type AS privilege, a.is_grantable AS grantable
FROM pg_catalog.pg_class c
CROSS JOIN LATERAL aclexplode(c.relacl) a
LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
WHERE c.oid = %(oid)s AND a.grantee <> c.relowner
ORDER BY 1, 2
