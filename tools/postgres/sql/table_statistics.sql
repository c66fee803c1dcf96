-- Relations by name (`schema.table`, or bare along the search path and then anywhere it is unambiguous).
WITH asked AS (
    SELECT name, place,
           coalesce(to_regclass(name)::oid,
                    (SELECT min(c.oid) FROM pg_catalog.pg_class c
                     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                     WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname NOT LIKE 'pg\_%%'
                       AND (c.relname = name OR n.nspname || '.' || c.relname = name)
                     HAVING count(*) = 1)) AS oid
    FROM unnest(%(names)s::text[]) WITH ORDINALITY a(name, place)
)
SELECT asked.name AS asked, c.oid::bigint AS oid, n.nspname || '.' || c.relname AS name, c.relkind::text AS kind,
       CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END AS rows,
       c.relpages AS pages,
       pg_relation_size(c.oid) AS table_bytes,
       pg_indexes_size(c.oid) AS indexes_bytes,
       pg_total_relation_size(c.oid) AS total_bytes,
       s.n_live_tup AS live_rows, s.n_dead_tup AS dead_rows,
       CASE WHEN s.n_live_tup + s.n_dead_tup > 0 THEN s.n_dead_tup::float8 / (s.n_live_tup + s.n_dead_tup) END AS dead_share,
       s.n_mod_since_analyze AS changed_since_analyze,
       s.n_tup_ins AS inserted, s.n_tup_upd AS updated, s.n_tup_del AS deleted, s.n_tup_hot_upd AS hot_updated,
       s.seq_scan AS sequential_scans, s.seq_tup_read AS rows_read_sequentially, s.idx_scan AS index_scans,
       extract(epoch FROM now() - greatest(s.last_vacuum, s.last_autovacuum))::float8 AS vacuum_age_s,
       extract(epoch FROM now() - greatest(s.last_analyze, s.last_autoanalyze))::float8 AS analyze_age_s,
       age(nullif(c.relfrozenxid, '0'::xid)) AS transaction_id_age,
       coalesce(c.reloptions, '{}')::text[] AS options
FROM asked
LEFT JOIN pg_catalog.pg_class c ON c.oid = asked.oid
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid
ORDER BY asked.place
