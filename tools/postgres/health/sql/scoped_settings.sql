SELECT trim(coalesce('role ' || r.rolname, '') || ' ' || coalesce('database ' || d.datname, '')) AS object,
       coalesce(r.rolname = current_user, false) AS own,
       split_part(u.setting, '=', 1) AS name,
       substr(u.setting, strpos(u.setting, '=') + 1) AS value,
       CASE WHEN r.oid IS NULL THEN format('ALTER DATABASE %I', d.datname)
            WHEN d.oid IS NULL THEN format('ALTER ROLE %I', r.rolname)
            ELSE format('ALTER ROLE %I IN DATABASE %I', r.rolname, d.datname) END AS statement
  FROM pg_catalog.pg_db_role_setting AS s
 CROSS JOIN unnest(s.setconfig) AS u(setting)
  LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole
  LEFT JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase
 WHERE d.oid IS NULL OR d.datname = current_database()
