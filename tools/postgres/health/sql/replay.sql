SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::float8 AS lag_bytes,
       CASE WHEN pg_last_wal_receive_lsn() <> pg_last_wal_replay_lsn()
            THEN extract(epoch FROM now() - pg_last_xact_replay_timestamp())::float8 END AS lag_s,
       (SELECT count(*) FROM pg_catalog.pg_stat_get_wal_receiver() AS w WHERE w.pid IS NOT NULL) AS receivers
