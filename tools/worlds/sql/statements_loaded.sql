-- The setting can only be seen by those who may read all settings; where it cannot, nothing is assumed.
SELECT setting LIKE '%pg_stat_statements%' FROM pg_settings WHERE name = 'shared_preload_libraries'
