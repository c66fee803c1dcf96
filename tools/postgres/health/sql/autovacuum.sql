SELECT current_setting('autovacuum')::boolean AS automatic,
       current_setting('track_counts')::boolean AS counted,
       current_setting('autovacuum_max_workers')::int AS workers,
       current_setting('autovacuum_naptime') AS naptime,
       (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'autovacuum worker') AS running,
       -- Autovacuum has had its chance at a table when it has been at others here, or up for ten rounds.
       extract(epoch FROM now() - pg_postmaster_start_time())
           > 10 * (SELECT setting::int FROM pg_catalog.pg_settings WHERE name = 'autovacuum_naptime') AS had_time
