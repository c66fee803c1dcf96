SELECT n.nspname || '.' || c.relname AS object,
       string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type) AS privileges,
       bool_or(g.privilege_type NOT IN ('SELECT', 'USAGE')) AS changes,
       format('REVOKE ALL ON %s%I.%I FROM PUBLIC;', CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE '' END,
              n.nspname, c.relname) AS remedy
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 CROSS JOIN aclexplode(c.relacl) AS g
 WHERE g.grantee = 0
   AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
   AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
 GROUP BY n.nspname, c.relname, c.relkind
 ORDER BY changes DESC, object
