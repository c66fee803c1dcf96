SELECT own.label || '.' || con.conname AS object,
       own.label AS "table",
       own.live_rows AS row_count,
       format('ALTER TABLE %s VALIDATE CONSTRAINT %I;', own.quoted, con.conname) AS remedy
  FROM pg_catalog.pg_constraint AS con
  JOIN own ON own.oid = con.conrelid
 WHERE NOT con.convalidated
   AND con.conparentid = 0
   -- PostgreSQL 18: NOT ENFORCED is somebody's choice, not a half-done change.
   AND coalesce((to_jsonb(con) ->> 'conenforced')::boolean, true)
 ORDER BY object
