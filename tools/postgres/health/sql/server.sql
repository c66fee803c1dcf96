SELECT current_setting('server_version_num')::int AS version,
       current_setting('server_version') AS server_version,
       current_database()::text AS database,
       quote_ident(current_database()) AS quoted_database,
       quote_ident(current_user) AS role,
       pg_is_in_recovery() AS in_recovery,
       pg_has_role('pg_read_all_stats', 'USAGE') AS reads_stats,
       pg_has_role('pg_read_all_settings', 'USAGE') AS reads_settings,
       pg_has_role('pg_monitor', 'USAGE') AS monitors,
       extract(epoch FROM now() - pg_postmaster_start_time())::float8 AS uptime_s,
       -- A database that was never reset counts from when the server's counters began.
       extract(epoch FROM now() - coalesce(d.stats_reset, b.stats_reset))::float8 AS stats_age_s,
       (SELECT count(*) FROM pg_catalog.pg_stat_get_wal_senders()) AS standbys,
       (SELECT count(*) FROM pg_catalog.pg_replication_slots WHERE NOT temporary) AS slots,
       (SELECT archived_count > 0 FROM pg_catalog.pg_stat_archiver) AS wal_archived,
       (SELECT coalesce(sum(relpages::bigint), 0)::bigint * current_setting('block_size')::bigint
          FROM pg_catalog.pg_class) AS data_bytes,
       -- A managed service archives, backs up and encrypts outside the server.
       EXISTS (SELECT FROM pg_catalog.pg_settings
                WHERE name ~ '^(rds|cloudsql|alloydb|azure|neon|aiven)\.') AS managed,
       EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                 JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
                 JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
                  AND a.attnum > 0 AND NOT a.attisdropped
                  AND a.attname IN ('balance', 'amount', 'debit', 'credit', 'commission')
                  AND a.atttypid IN ('numeric'::regtype, 'money'::regtype, 'bigint'::regtype,
                                     'float8'::regtype, 'float4'::regtype)) AS holds_money
  FROM pg_catalog.pg_stat_database AS d
 CROSS JOIN pg_catalog.pg_stat_bgwriter AS b
 WHERE d.datname = current_database()
