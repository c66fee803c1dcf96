SELECT a.pid, a.usename::text AS "role", a.application_name AS application, a.backend_type AS kind, a.state,
       a.wait_event_type AS wait_kind, a.wait_event AS wait_on,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS transaction_s,
       extract(epoch FROM clock_timestamp() - a.query_start)::float8 AS statement_s,
       extract(epoch FROM clock_timestamp() - a.state_change)::float8 AS state_s,
       pg_blocking_pids(a.pid) AS blocked_by,
       age(a.backend_xmin) AS snapshot_age,
       a.query AS statement,
       a.query = '<insufficient privilege>' AS hidden
FROM pg_catalog.pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
ORDER BY a.xact_start NULLS LAST
LIMIT 500
