SELECT s.query AS text, sum(s.total_exec_time) AS total_ms, sum(s.calls)::int8 AS calls, sum(s.rows)::int8 AS rows,
       bool_and(s.userid = (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = current_user)) AS ours
FROM {view} AS s
WHERE s.dbid = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
  AND s.query ~* '^\s*((/\*.*?\*/|--[^\n]*\n)\s*)*(select|with|update|delete|insert)\M'
  AND s.query !~* '\m(pg_catalog|information_schema)\.|\mpg_(class|stat|locks|database|namespace|index|extension|settings)'
GROUP BY s.query
ORDER BY total_ms DESC
LIMIT 500
