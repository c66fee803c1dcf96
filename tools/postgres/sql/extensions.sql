SELECT a.name, a.installed_version AS installed, a.default_version AS available
FROM pg_catalog.pg_available_extensions a
ORDER BY a.installed_version IS NULL, a.name
