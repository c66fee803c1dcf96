SELECT DISTINCT p.prosrc AS source
  FROM pg_trigger t
  JOIN pg_proc p ON p.oid = t.tgfoid
 WHERE NOT t.tgisinternal AND t.tgrelid::bigint = ANY (%(scope)s)
