SELECT n.nspname || '.' || p.proname AS object,
       pg_get_function_identity_arguments(p.oid) AS arguments,
       r.rolname::text AS owner,
       r.rolsuper AS as_superuser,
       (SELECT count(*) FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS g
         WHERE g.privilege_type = 'EXECUTE' AND g.grantee <> p.proowner) AS grantees,
       format('ALTER %s %I.%I(%s) SET search_path = %I, pg_temp;',
              CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, n.nspname, p.proname,
              pg_get_function_identity_arguments(p.oid), n.nspname) AS remedy
  FROM pg_catalog.pg_proc AS p
  JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_roles AS r ON r.oid = p.proowner
 WHERE p.prosecdef
   AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS s WHERE s LIKE 'search\_path=%')
   -- A body that was parsed when the function was made (BEGIN ATOMIC) looks up no name later.
   AND to_jsonb(p) ->> 'prosqlbody' IS NULL
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
 ORDER BY object
