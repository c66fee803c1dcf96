SELECT extract(epoch FROM now() - stats_reset)::float8 AS statistics_age_s, pg_is_in_recovery() AS replica
FROM pg_catalog.pg_stat_database
WHERE datname = current_database()
