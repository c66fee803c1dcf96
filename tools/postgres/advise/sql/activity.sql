-- Of other roles' sessions all is hidden but that they are there: the kind of backend too.
SELECT a.query AS text
FROM pg_catalog.pg_stat_activity AS a
WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
  AND coalesce(a.backend_type, 'client backend') = 'client backend' AND a.query <> ''
ORDER BY a.query_start DESC NULLS LAST
LIMIT 1000
