SELECT s.name, s.setting, s.unit, s.source, s.boot_val AS "default", s.pending_restart, s.context,
       s.setting IS DISTINCT FROM s.boot_val AS changed
FROM pg_catalog.pg_settings s
WHERE (s.name = ANY (%(names)s::text[])
       OR s.pending_restart
       OR (s.source NOT IN ('default', 'override', 'session', 'client') AND s.setting IS DISTINCT FROM s.boot_val))
ORDER BY s.category, s.name
