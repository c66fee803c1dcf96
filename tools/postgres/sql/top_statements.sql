-- Every version from 1.8 (PostgreSQL 13) has these columns; to_jsonb reads those that were renamed or added later.
SELECT s.queryid AS id, s.query AS statement, r.rolname::text AS "role", s.calls,
       s.total_exec_time AS total_ms, s.mean_exec_time AS mean_ms, s.min_exec_time AS least_ms, s.max_exec_time AS most_ms,
       s.stddev_exec_time AS deviation_ms, s.rows,
       (s.total_exec_time / nullif(sum(s.total_exec_time) OVER (), 0))::float8 AS total_share,
       s.shared_blks_hit AS pages_hit, s.shared_blks_read AS pages_read, s.shared_blks_dirtied AS pages_dirtied,
       s.temp_blks_read AS temporary_pages_read, s.temp_blks_written AS temporary_pages_written,
       s.wal_bytes::bigint AS wal_bytes,
       coalesce((to_jsonb(s) ->> 'shared_blk_read_time')::float8, (to_jsonb(s) ->> 'blk_read_time')::float8) AS read_ms,
       (to_jsonb(s) ->> 'jit_generation_time')::float8 AS jit_ms
FROM {view} s
LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.userid
WHERE s.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  -- What a read-only role such as the one of ./p3 grant asked is not the application's.
  AND (s.userid <> (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)
       OR current_setting('default_transaction_read_only') = 'off')
  AND s.query NOT IN ('<insufficient privilege>', '')
ORDER BY {order} DESC
LIMIT {limit}
