SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), split_part(%(since)s, ' ', 3)::pg_lsn)::float8 AS bytes,
       extract(epoch FROM clock_timestamp()
               - (split_part(%(since)s, ' ', 1) || ' ' || split_part(%(since)s, ' ', 2))::timestamptz)::float8 AS seconds
