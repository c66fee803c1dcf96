-- What a database looks like, one row a thing, so that a change of any shows and says what it was. Rows come with xmin and
-- xmax, which shows row locks; next_xid shows anything that was written at all.
SELECT 'victim' AS thing, md5(string_agg(concat(xmin, ' ', xmax, ' ', ctid, ' ', v), ',' ORDER BY ctid)) AS state FROM public.victim AS v
UNION ALL SELECT 'sequence', concat(last_value, ' ', is_called) FROM public.victim_seq
UNION ALL SELECT 'next_xid', pg_snapshot_xmax(pg_current_snapshot())::text
UNION ALL SELECT 'relations', md5(string_agg(concat(oid, relname, relfilenode, relacl, relhassubclass), ',' ORDER BY oid)) FROM pg_class
UNION ALL SELECT 'functions', concat(count(*), ' ', max(oid::bigint)) FROM pg_proc
UNION ALL SELECT 'roles', md5(string_agg(a::text, ',' ORDER BY oid)) FROM pg_authid AS a
UNION ALL SELECT 'role settings', md5(string_agg(s::text, ',' ORDER BY s::text)) FROM pg_db_role_setting AS s
UNION ALL SELECT 'large objects', concat(count(*), ' ', md5(string_agg(oid::text, ',' ORDER BY oid))) FROM pg_largeobject_metadata
UNION ALL SELECT 'large object data', md5(string_agg(data, '' ORDER BY loid, pageno)) FROM pg_largeobject
UNION ALL SELECT 'advisory locks', count(*)::text FROM pg_locks WHERE locktype = 'advisory'
UNION ALL SELECT 'slots', count(*)::text FROM pg_replication_slots
UNION ALL SELECT 'origins', count(*)::text FROM pg_replication_origin
UNION ALL SELECT 'prepared', count(*)::text FROM pg_prepared_xacts
UNION ALL SELECT 'settings', md5(string_agg(concat(name, setting), ',' ORDER BY name)) FROM pg_settings
UNION ALL SELECT 'settings files', md5(string_agg(concat(name, setting), ',' ORDER BY seqno)) FROM pg_file_settings
UNION ALL SELECT 'configuration loaded', pg_conf_load_time()::text
UNION ALL SELECT 'statistics of the database', coalesce(stats_reset::text, 'never') FROM pg_stat_database WHERE datname = current_database()
UNION ALL SELECT 'statistics of the server', coalesce(stats_reset::text, 'never') FROM pg_stat_bgwriter
UNION ALL SELECT 'statements', stats_reset::text FROM pg_stat_statements_info
UNION ALL SELECT 'files', string_agg(concat(folder, '/', file), ',' ORDER BY folder, file)
FROM unnest(ARRAY['.', 'pg_snapshots', 'pg_replslot', 'pg_twophase', 'pg_tblspc', 'pg_dynshmem']) AS folder, pg_ls_dir(folder) AS file
UNION ALL SELECT 'canary', md5(pg_read_file('canary.txt'))
UNION ALL SELECT 'bystander', count(*)::text FROM pg_stat_activity WHERE application_name = 'bystander'
