SELECT slot_name::text AS object,
       slot_type::text AS kind,
       coalesce(wal_status, 'none') AS wal_status,
       restart_lsn IS NOT NULL AS reserves,
       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
                       restart_lsn)::float8 AS kept_bytes,
       format('SELECT pg_drop_replication_slot(%L);', slot_name) AS remedy
  FROM pg_catalog.pg_replication_slots
 WHERE NOT active AND NOT temporary
   AND (database IS NULL OR database = current_database())
 ORDER BY kept_bytes DESC NULLS LAST
