-- Who holds, or waits for, the lock that lets nobody so much as read a relation of this database.
SELECT n.nspname AS schema, c.relname AS name, l.pid, l.granted, l.mode, p.gid,
       a.usename AS role, a.application_name AS application, a.backend_type AS kind, a.state, a.wait_event_type AS wait_kind,
       a.wait_event AS wait_on, CASE WHEN l.granted THEN ARRAY[]::int[] ELSE pg_blocking_pids(l.pid) END AS behind,
       CASE WHEN l.granted AND l.pid IS NOT NULL THEN pg_blocking_pids(l.pid) ELSE ARRAY[]::int[] END AS waits_for,
       extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, p.prepared))::float8 AS transaction_s
  FROM pg_locks l
  JOIN pg_class c ON c.oid = l.relation
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_stat_activity a ON a.pid = l.pid
  -- A prepared transaction has no process, and keeps the lock on its own id.
  LEFT JOIN pg_locks t ON l.pid IS NULL AND t.pid IS NULL AND t.locktype = 'transactionid'
                      AND t.virtualtransaction = l.virtualtransaction
  LEFT JOIN pg_prepared_xacts p ON p.transaction = t.transactionid
 WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'i', 'I', 'S')
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND n.nspname !~ '^pg_(toast|temp)' AND l.pid IS DISTINCT FROM pg_backend_pid()
 ORDER BY l.granted DESC, transaction_s DESC NULLS LAST, array_position(ARRAY['r', 'p'], c.relkind::text), n.nspname, c.relname
