SELECT a.pid,
       coalesce(a.datname::text, '') AS database,
       quote_ident(coalesce(a.datname::text, '')) AS quoted_database,
       coalesce(a.usename::text, '') AS "user",
       coalesce(a.application_name, '') AS application,
       coalesce(a.state, '') AS state,
       a.query = '<insufficient privilege>' AS hidden,
       coalesce(a.client_addr <<= '127.0.0.0/8' OR a.client_addr = '::1', a.client_addr IS NULL) AS nearby,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS transaction_s,
       extract(epoch FROM clock_timestamp() - a.state_change)::float8 AS state_s,
       extract(epoch FROM clock_timestamp() - a.backend_start)::float8 AS session_s,
       coalesce(r.rolsuper, false) AS superuser,
       coalesce(a.wait_event_type, '') = 'Lock' AS waits,
       CASE WHEN a.wait_event_type = 'Lock' THEN pg_blocking_pids(a.pid) ELSE '{}' END AS blocked_by,
       greatest(age(a.backend_xmin), age(a.backend_xid))::bigint AS holds_back,
       s.ssl AS encrypted
  FROM pg_catalog.pg_stat_activity AS a
  LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
  LEFT JOIN pg_catalog.pg_stat_ssl AS s ON s.pid = a.pid
 -- Without pg_read_all_stats the type of other roles' sessions is hidden too.
 WHERE coalesce(a.backend_type, 'client backend') = 'client backend' AND a.pid <> pg_backend_pid()
 ORDER BY a.xact_start NULLS LAST
