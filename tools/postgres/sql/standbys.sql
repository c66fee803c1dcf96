WITH here AS (
    SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END AS lsn
)
SELECT coalesce(r.application_name, '') AS application,
       coalesce(r.state, '') AS state,
       coalesce(r.sync_state, '') AS sync_state,
       pg_wal_lsn_diff(here.lsn, r.sent_lsn)::bigint AS unsent_bytes,
       pg_wal_lsn_diff(here.lsn, r.flush_lsn)::bigint AS unflushed_bytes,
       pg_wal_lsn_diff(here.lsn, r.replay_lsn)::bigint AS lag_bytes,
       extract(epoch FROM r.flush_lag)::float8 AS flush_lag_s,
       extract(epoch FROM r.replay_lag)::float8 AS lag_s
  FROM pg_catalog.pg_stat_replication AS r, here
 ORDER BY lag_bytes DESC NULLS LAST
