, chosen AS (
    SELECT own.*,
           coalesce((SELECT option_value::boolean FROM pg_options_to_table(own.options)
                      WHERE option_name = 'autovacuum_enabled'), true)
               AND current_setting('autovacuum')::boolean AS automatic,
           coalesce((SELECT option_value::boolean FROM pg_options_to_table(own.options)
                      WHERE option_name = 'autovacuum_enabled'), true) AS wanted,
           coalesce((SELECT option_value::float8 FROM pg_options_to_table(own.options)
                      WHERE option_name = 'autovacuum_vacuum_threshold'),
                    current_setting('autovacuum_vacuum_threshold')::float8)
               + coalesce((SELECT option_value::float8 FROM pg_options_to_table(own.options)
                            WHERE option_name = 'autovacuum_vacuum_scale_factor'),
                          current_setting('autovacuum_vacuum_scale_factor')::float8)
               * greatest(own.reltuples, 0) AS vacuum_at,
           coalesce((SELECT option_value::float8 FROM pg_options_to_table(own.options)
                      WHERE option_name = 'autovacuum_analyze_threshold'),
                    current_setting('autovacuum_analyze_threshold')::float8)
               + coalesce((SELECT option_value::float8 FROM pg_options_to_table(own.options)
                            WHERE option_name = 'autovacuum_analyze_scale_factor'),
                          current_setting('autovacuum_analyze_scale_factor')::float8)
               * greatest(own.reltuples, 0) AS analyze_at
      FROM own
     WHERE own.kind = 'r'
)
SELECT label AS object, quoted, automatic, wanted, vacuum_at, analyze_at, live_rows,
       pg_stat_get_dead_tuples(oid) AS dead_rows,
       pg_stat_get_mod_since_analyze(oid) AS changed_rows,
       pg_stat_get_tuples_updated(oid) + pg_stat_get_tuples_deleted(oid) AS rewritten_rows,
       reltuples < 0 AS never_analyzed,
       extract(epoch FROM now() - greatest(pg_stat_get_last_vacuum_time(oid),
                                           pg_stat_get_last_autovacuum_time(oid)))::float8 AS vacuumed_s,
       EXISTS (SELECT FROM pg_catalog.pg_stat_progress_vacuum AS v WHERE v.relid = oid) AS vacuuming
  FROM chosen
 WHERE live_rows >= 1000 OR NOT wanted
 ORDER BY greatest(pg_stat_get_dead_tuples(oid), pg_stat_get_mod_since_analyze(oid)) DESC
