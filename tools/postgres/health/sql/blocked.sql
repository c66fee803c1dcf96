SELECT l.pid,
       coalesce(n.nspname || '.' || c.relname, l.locktype || ' of ' || current_database()) AS object,
       l.mode AS mode,
       extract(epoch FROM clock_timestamp() - l.waitstart)::float8 AS waits_s,
       pg_blocking_pids(l.pid) AS blocked_by
  FROM pg_catalog.pg_locks AS l
  LEFT JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
  LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE NOT l.granted
   AND (l.database IS NULL OR l.database IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())))
 ORDER BY l.waitstart
