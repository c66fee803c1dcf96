SELECT l.pid, l.mode, l.granted, n.nspname || '.' || c.relname AS relation,
       extract(epoch FROM clock_timestamp() - l.waitstart)::float8 AS waiting_s
FROM pg_catalog.pg_locks l
JOIN pg_catalog.pg_class c ON c.oid = l.relation
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  AND l.pid <> pg_backend_pid() AND l.locktype = 'relation' AND n.nspname NOT LIKE 'pg\_%'
  AND (NOT l.granted OR l.mode NOT IN ('AccessShareLock'))
ORDER BY l.granted, l.pid
LIMIT 500
