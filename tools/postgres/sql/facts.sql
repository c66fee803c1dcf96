SELECT current_setting('server_version') AS server_version,
       current_setting('server_version_num')::int AS version_num,
       current_user AS role,
       current_database() AS database
