SELECT 'max_connections' AS object,
       (SELECT sum(numbackends)::bigint FROM pg_catalog.pg_stat_database WHERE datname IS NOT NULL) AS connections,
       current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint
           - coalesce(current_setting('reserved_connections', true)::bigint, 0) AS slots
