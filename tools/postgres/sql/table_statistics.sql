-- Relations by name: `schema.table`, or bare: first along the search path, then anywhere if only one has it.
WITH candidate AS (
    SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name,
           array_position(current_schemas(false), n.nspname) AS place
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname NOT LIKE 'pg\_%%'
), asked AS (
    SELECT a.name, a.place,
           coalesce((SELECT c.oid FROM candidate c WHERE c.schema || '.' || c.name = replace(a.name, '"', '')),
                    (SELECT c.oid FROM candidate c WHERE c.name = replace(a.name, '"', '') AND c.place IS NOT NULL
                     ORDER BY c.place LIMIT 1),
                    (SELECT min(c.oid) FROM candidate c WHERE c.name = replace(a.name, '"', '') HAVING count(*) = 1)) AS oid
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
