SELECT (SELECT sum(numbackends) FROM pg_catalog.pg_stat_database WHERE datname IS NOT NULL)::bigint - 1 AS sessions,
       a.active, a.idle, a.idle_in_transaction
  FROM (SELECT count(*) FILTER (WHERE state = 'active') AS active,
               count(*) FILTER (WHERE state = 'idle') AS idle,
               count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS idle_in_transaction
          FROM pg_catalog.pg_stat_activity
         WHERE pid <> pg_backend_pid() AND backend_type = 'client backend') AS a
