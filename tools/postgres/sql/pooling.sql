SELECT current_user::text AS role,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS reads_stats,
       current_setting('max_connections')::bigint AS max_connections,
       current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint
           - coalesce(current_setting('reserved_connections', true)::bigint, 0) AS slots,
       s.age_s AS statistics_age_s,
       CASE WHEN s.age_s > 600 THEN s.active_ms / 1000 / s.age_s END AS busy_sessions
  FROM (SELECT extract(epoch FROM now() - min(d.stats_reset))::float8 AS age_s,
               sum(d.active_time)::float8 AS active_ms
          FROM pg_catalog.pg_stat_database AS d
         WHERE d.stats_reset IS NOT NULL AND d.datname IS NOT NULL) AS s
