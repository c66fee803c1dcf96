SELECT p.oid::regprocedure::text AS name, p.prosrc AS source
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_language l ON l.oid = p.prolang
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND l.lanname IN ('sql', 'plpgsql')
   AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
 LIMIT 5000
