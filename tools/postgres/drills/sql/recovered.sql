SELECT pg_last_xact_replay_timestamp() AS until,
       coalesce(pg_last_wal_replay_lsn()::text, '') AS lsn
