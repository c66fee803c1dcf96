SELECT now() AS now,
       CASE WHEN has_database_privilege(current_database(), 'CONNECT')
            THEN pg_database_size(current_database()) END::bigint AS database_bytes,
       (SELECT rolname::text FROM pg_catalog.pg_roles WHERE oid = 10) AS superuser,
       (SELECT array_agg(rolname::text ORDER BY rolname) FROM pg_catalog.pg_roles
         WHERE oid >= 16384 AND rolname <> 'postgres') AS roles,
       (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
       pg_is_in_recovery() AS in_recovery,
       CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END::text AS lsn,
       coalesce((SELECT setting FROM pg_catalog.pg_settings WHERE name = 'archive_mode'), '') AS archive_mode,
       (SELECT setting::float8 FROM pg_catalog.pg_settings WHERE name = 'archive_timeout') AS archive_timeout_s,
       (SELECT coalesce(last_archived_wal, '') FROM pg_catalog.pg_stat_archiver) AS last_archived_wal,
       (SELECT extract(epoch FROM now() - last_archived_time)::float8 FROM pg_catalog.pg_stat_archiver) AS archived_s,
       (SELECT coalesce(last_failed_wal, '') FROM pg_catalog.pg_stat_archiver
         WHERE last_failed_time > coalesce(last_archived_time, '-infinity')) AS failing_wal
