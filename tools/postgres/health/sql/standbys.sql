SELECT coalesce(r.application_name, '') AS application,
       coalesce(r.state, '') AS state,
       coalesce(r.sync_state, '') AS sync_state,
       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END,
                       r.replay_lsn)::float8 AS lag_bytes,
       extract(epoch FROM r.replay_lag)::float8 AS lag_s
  FROM pg_catalog.pg_stat_replication AS r
 ORDER BY lag_bytes DESC NULLS LAST
