SELECT d.datname AS database,
       pg_encoding_to_char(d.encoding) AS encoding,
       d.datcollate AS collate,
       d.datctype AS ctype,
       d.datlocprovider::text AS provider,
       r.rolname AS owner,
       (SELECT reset_val FROM pg_settings WHERE name = 'search_path') AS search_path,
       ARRAY(SELECT DISTINCT o.rolname::text FROM pg_db_role_setting g, unnest(g.setconfig) AS s, pg_roles o
              WHERE o.oid = g.setrole AND g.setdatabase IN (0, d.oid) AND s LIKE 'search_path=%') AS path_roles,
       ARRAY(SELECT s FROM pg_db_role_setting, unnest(setconfig) AS s
              WHERE setdatabase = d.oid AND setrole = 0) AS settings,
       ARRAY(SELECT row_to_json(e)::text FROM (
              SELECT x.extname AS name, n.nspname AS schema, x.extversion AS version
                FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace) AS e) AS extensions
  FROM pg_database d
  JOIN pg_roles r ON r.oid = d.datdba
 WHERE d.datname = current_database()
