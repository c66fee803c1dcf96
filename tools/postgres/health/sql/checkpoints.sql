SELECT num_timed AS timed, num_requested AS requested,
       extract(epoch FROM now() - stats_reset)::float8 AS stats_age_s,
       current_setting('max_wal_size') AS max_wal_size
  FROM pg_catalog.pg_stat_checkpointer
