SELECT d.datname AS database,
       pg_encoding_to_char(d.encoding) AS encoding,
       d.datcollate AS collate,
       d.datctype AS ctype,
       d.datlocprovider::text AS provider,
       r.rolname AS owner,
       ARRAY(SELECT s FROM pg_db_role_setting, unnest(setconfig) AS s
              WHERE setdatabase = d.oid AND setrole = 0) AS settings,
       ARRAY(SELECT row_to_json(e)::text FROM (
              SELECT x.extname AS name, n.nspname AS schema, x.extversion AS version
                FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace) AS e) AS extensions
  FROM pg_database d
  JOIN pg_roles r ON r.oid = d.datdba
 WHERE d.datname = current_database()
