SELECT name, setting, coalesce(unit, '') AS unit, coalesce(boot_val, '') AS boot_val, coalesce(reset_val, '') AS reset_val, source
  FROM pg_catalog.pg_settings
