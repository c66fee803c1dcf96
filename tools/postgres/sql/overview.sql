SELECT current_setting('server_version') AS server_version,
       current_setting('server_version_num')::int AS version_num,
       current_database() AS database,
       current_user AS role,
       pg_catalog.pg_encoding_to_char(d.encoding) AS encoding,
       d.datcollate AS collation,
       CASE WHEN has_database_privilege(d.oid, 'CONNECT') THEN pg_database_size(d.oid) END AS size_bytes,
       extract(epoch FROM now() - pg_postmaster_start_time())::float8 AS uptime_s,
       pg_is_in_recovery() AS in_recovery,
       (SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema') AS tables,
       s.numbackends AS connections,
       current_setting('max_connections')::int AS connections_max,
       extract(epoch FROM now() - s.stats_reset)::float8 AS statistics_age_s,
       CASE WHEN s.blks_hit + s.blks_read > 0 THEN s.blks_hit::float8 / (s.blks_hit + s.blks_read) END AS cache_hit_share,
       s.xact_commit AS commits,
       s.xact_rollback AS rollbacks,
       s.deadlocks AS deadlocks,
       s.temp_files AS temporary_files,
       s.temp_bytes AS temporary_bytes
FROM pg_catalog.pg_database d
LEFT JOIN pg_catalog.pg_stat_database s ON s.datid = d.oid
WHERE d.datname = current_database()
