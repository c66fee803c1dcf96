SELECT name, setting || coalesce(CASE WHEN unit ~ '^[0-9]' THEN '' ELSE unit END, '') AS value, setting, unit
  FROM pg_settings
 WHERE name = ANY (%(names)s)
