-- Settings that this role may read, of those asked for.
SELECT name, setting, unit FROM pg_catalog.pg_settings WHERE name = ANY (%(names)s)
