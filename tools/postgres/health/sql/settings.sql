SELECT name, setting, coalesce(unit, '') AS unit, coalesce(boot_val, '') AS boot_val, source
  FROM pg_catalog.pg_settings
