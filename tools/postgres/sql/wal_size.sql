SELECT sum(size)::bigint AS wal_bytes FROM pg_ls_waldir()
