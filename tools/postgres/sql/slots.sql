SELECT slot_name::text AS name,
       slot_type::text AS kind,
       active,
       coalesce(wal_status, 'none') AS wal_status,
       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
                       restart_lsn)::bigint AS kept_bytes,
       safe_wal_size AS safe_bytes
  FROM pg_catalog.pg_replication_slots
 WHERE NOT temporary
 ORDER BY kept_bytes DESC NULLS LAST
