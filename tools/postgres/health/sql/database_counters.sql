SELECT d.datname::text AS object,
       quote_ident(d.datname) AS quoted,
       d.xact_commit + d.xact_rollback AS transactions,
       d.deadlocks, d.temp_files, d.temp_bytes, d.blks_read, d.blks_hit,
       d.numbackends AS connections,
       extract(epoch FROM now() - coalesce(d.stats_reset, b.stats_reset))::float8 AS stats_age_s
  FROM pg_catalog.pg_stat_database AS d
 CROSS JOIN pg_catalog.pg_stat_bgwriter AS b
 WHERE d.datname = current_database()
