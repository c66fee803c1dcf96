SELECT current_user::text AS role,
       m.monitors,
       extract(epoch FROM clock_timestamp())::float8 AS epoch_s,
       CASE WHEN has_database_privilege(current_database(), 'CONNECT') THEN pg_database_size(current_database()) END AS database_bytes,
       CASE WHEN m.monitors THEN (SELECT sum(pg_database_size(oid)) FROM pg_catalog.pg_database) END::bigint AS databases_bytes,
       CASE WHEN NOT pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') END::float8 AS wal_position
  FROM (SELECT pg_has_role(current_user, 'pg_monitor', 'USAGE') AS monitors) AS m
