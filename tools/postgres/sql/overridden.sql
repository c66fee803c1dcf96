-- What is set for single databases and roles; the values of unknown (custom) settings may be anything, so are left out.
SELECT coalesce(d.datname, '') AS database, coalesce(r.rolname, '') AS "role", split_part(entry, '=', 1) AS name,
       CASE WHEN split_part(entry, '=', 1) NOT LIKE '%.%' THEN substr(entry, strpos(entry, '=') + 1) END AS setting
FROM pg_catalog.pg_db_role_setting s
LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
CROSS JOIN LATERAL unnest(s.setconfig) entry
WHERE s.setdatabase = 0 OR d.datname = current_database()
ORDER BY 1, 2, 3
