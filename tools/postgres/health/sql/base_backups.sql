SELECT extract(epoch FROM now() - max(modification))::float8 AS age_s
  FROM pg_catalog.pg_ls_waldir()
 WHERE name LIKE '%.backup'
