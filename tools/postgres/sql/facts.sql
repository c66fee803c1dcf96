SELECT pg_catalog.current_setting('server_version') AS server_version,
       pg_catalog.current_setting('server_version_num')::int AS version_num,
       current_user AS role,
       pg_catalog.current_database() AS database
