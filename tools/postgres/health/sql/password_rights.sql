SELECT has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'SELECT')
       AND has_column_privilege('pg_catalog.pg_authid', 'rolname', 'SELECT') AS readable
