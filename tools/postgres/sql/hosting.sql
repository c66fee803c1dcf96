-- Roles and settings that only the managed services have.
SELECT (SELECT array_agg(rolname::text ORDER BY rolname) FROM pg_catalog.pg_roles
        WHERE rolname IN ('rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin', 'neon_superuser', 'supabase_admin',
                          'alloydbsuperuser', 'doadmin', '_aiven')) AS roles,
       (SELECT array_agg(DISTINCT split_part(name, '.', 1)) FROM pg_catalog.pg_settings
        WHERE split_part(name, '.', 1) IN ('rds', 'cloudsql', 'azure', 'neon', 'alloydb')) AS prefixes
