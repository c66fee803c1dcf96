SELECT name, setting || coalesce(' ' || unit, '') AS setting
  FROM pg_catalog.pg_settings
 WHERE name IN ('wal_level', 'max_wal_senders', 'max_replication_slots', 'wal_keep_size', 'max_slot_wal_keep_size',
                'synchronous_commit', 'synchronous_standby_names', 'hot_standby_feedback', 'recovery_min_apply_delay')
 ORDER BY name
