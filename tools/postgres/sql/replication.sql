SELECT pg_is_in_recovery() AS standby,
       current_user::text AS role,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS reads_stats,
       clock_timestamp()::text || ' ' || CASE WHEN pg_is_in_recovery() THEN '' ELSE pg_current_wal_lsn()::text END AS lsn,
       CASE WHEN pg_is_in_recovery()
            THEN pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) END::bigint AS own_lag_bytes,
       CASE WHEN pg_is_in_recovery()
            THEN CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
                 ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END END::float8 AS own_lag_s,
       CASE WHEN pg_is_in_recovery()
            THEN EXISTS (SELECT FROM pg_stat_get_wal_receiver() AS w WHERE w.pid IS NOT NULL) END AS connected,
       CASE WHEN pg_is_in_recovery() THEN pg_get_wal_replay_pause_state() <> 'not paused' END AS paused,
       CASE WHEN pg_is_in_recovery()
            THEN (SELECT sum(conflicts) FROM pg_catalog.pg_stat_database) END::bigint AS conflicts
