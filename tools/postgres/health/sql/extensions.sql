SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'pg_stat_statements') AS statements_made,
       EXISTS (SELECT FROM pg_catalog.pg_settings WHERE name = 'pg_stat_statements.max') AS statements_loaded,
       EXISTS (SELECT FROM pg_catalog.pg_settings WHERE name = 'pgaudit.log') AS audit_loaded
