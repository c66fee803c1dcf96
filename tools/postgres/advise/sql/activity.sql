SELECT a.query AS text
FROM pg_catalog.pg_stat_activity AS a
WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
  AND a.backend_type = 'client backend' AND a.query <> ''
ORDER BY a.query_start DESC NULLS LAST
LIMIT 1000
