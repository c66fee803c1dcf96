SELECT count(*) AS sessions,
       count(*) FILTER (WHERE state = 'active') AS active,
       count(*) FILTER (WHERE state = 'idle') AS idle,
       count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS idle_in_transaction
  FROM pg_catalog.pg_stat_get_activity(NULL)
 WHERE pid <> pg_backend_pid() AND coalesce(backend_type, 'client backend') = 'client backend'
