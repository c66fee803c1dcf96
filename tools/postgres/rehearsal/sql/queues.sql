-- For each of the tables, the oldest transaction that holds a lock on it, our own aside: they end before a migration runs.
SELECT DISTINCT ON (n.nspname, c.relname) n.nspname AS schema, c.relname AS name, l.mode,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS held_s
  FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS w (schema, name)
  JOIN pg_namespace n ON n.nspname = w.schema
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
  JOIN pg_locks l ON l.relation = c.oid AND l.locktype = 'relation' AND l.granted
                 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  JOIN pg_stat_activity a ON a.pid = l.pid AND a.backend_type = 'client backend'
 WHERE l.pid <> pg_backend_pid() AND a.xact_start IS NOT NULL
   AND NOT (a.usename = current_user
            AND a.application_name IN ('dbcrew', 'dbcrew copy', current_setting('application_name')))
 ORDER BY n.nspname, c.relname, a.xact_start
