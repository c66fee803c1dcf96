SELECT own.label AS object,
       string_agg(p.polname::text, ', ' ORDER BY p.polname) AS policies,
       bool_or(p.polcmd IN ('*', 'w', 'd', 'a')) AS changes,
       string_agg(format('DROP POLICY %I ON %s;', p.polname, own.quoted), ' ' ORDER BY p.polname)
           || ' -- or ALTER POLICY … USING (a condition on the row)' AS remedy
  FROM own
  JOIN pg_catalog.pg_policy AS p ON p.polrelid = own.oid
 WHERE own.row_security
   AND p.polpermissive
   AND p.polroles = '{0}'
   AND (pg_get_expr(p.polqual, p.polrelid) = 'true'
        OR p.polqual IS NULL AND pg_get_expr(p.polwithcheck, p.polrelid) = 'true')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_policy AS r WHERE r.polrelid = own.oid AND NOT r.polpermissive)
 GROUP BY own.label
 ORDER BY object
