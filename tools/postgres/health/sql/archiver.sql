SELECT archived_count, failed_count,
       coalesce(last_failed_wal, '') AS last_failed_wal,
       extract(epoch FROM now() - last_failed_time)::float8 AS failed_s,
       extract(epoch FROM now() - last_archived_time)::float8 AS archived_s,
       coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS failing
  FROM pg_catalog.pg_stat_archiver
