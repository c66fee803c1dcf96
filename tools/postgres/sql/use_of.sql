-- Relations by name (`schema.table` or bare; a third or second part may be a column), with what their counters say.
-- to_jsonb reads the columns that PostgreSQL 16 added.
WITH candidate AS (
    SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name,
           array_position(current_schemas(false), n.nspname) AS place
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\_%%' AND n.nspname <> 'information_schema'
), asked AS (
    SELECT a.name AS asked, a.place, t.name, t.column_name
    FROM unnest(%(names)s::text[]) WITH ORDINALITY a (name, place)
    CROSS JOIN LATERAL (VALUES (a.name, NULL), (substring(a.name FROM '^(.*)\.[^.]*$'), substring(a.name FROM '[^.]*$')))
         AS t (name, column_name)
    WHERE t.name IS NOT NULL
), found AS (
    SELECT DISTINCT ON (a.place) a.asked, a.place, c.oid, t.attnum, t.attname
    FROM asked a
    CROSS JOIN LATERAL (
        SELECT coalesce((SELECT c.oid FROM candidate c WHERE c.schema || '.' || c.name = a.name),
                        (SELECT c.oid FROM candidate c WHERE c.name = a.name AND c.place IS NOT NULL ORDER BY c.place LIMIT 1),
                        (SELECT min(c.oid) FROM candidate c WHERE c.name = a.name HAVING count(*) = 1)) AS oid) c
    LEFT JOIN pg_catalog.pg_attribute t
           ON t.attrelid = c.oid AND t.attname = a.column_name AND t.attnum > 0 AND NOT t.attisdropped
    WHERE c.oid IS NOT NULL AND (a.column_name IS NULL OR t.attnum IS NOT NULL)
    ORDER BY a.place, a.column_name NULLS FIRST
)
SELECT f.asked, f.oid::bigint AS oid, f.attnum, n.nspname::text AS schema, c.relname::text AS name, f.attname::text AS "column",
       c.relkind::text AS kind, o.rolname::text AS owner,
       CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END AS rows,
       CASE WHEN c.relkind IN ('r', 'm') THEN pg_total_relation_size(c.oid)
            WHEN c.relkind = 'p' THEN (SELECT sum(pg_total_relation_size(p.relid))::bigint FROM pg_partition_tree(c.oid) p) END AS size_bytes,
       u.sequential_scans, u.index_scans, u.inserted, u.updated, u.deleted, u.last_read_age_s,
       (SELECT a.attnotnull FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = f.attnum) AS not_null,
       EXISTS (SELECT FROM pg_catalog.pg_attrdef d WHERE d.adrelid = c.oid AND d.adnum = f.attnum) AS has_default,
       (SELECT s.null_frac FROM pg_catalog.pg_stats s
         WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = f.attname LIMIT 1) AS null_share,
       (SELECT count(DISTINCT l.pid) FROM pg_catalog.pg_locks l
         WHERE l.relation = c.oid AND l.pid <> pg_backend_pid()
           AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())) AS sessions_now
FROM found f
JOIN pg_catalog.pg_class c ON c.oid = f.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_roles o ON o.oid = c.relowner
CROSS JOIN LATERAL (
    -- A partitioned table counts nothing itself: its partitions do.
    SELECT sum(s.seq_scan)::bigint AS sequential_scans, sum(coalesce(s.idx_scan, 0))::bigint AS index_scans,
           sum(s.n_tup_ins)::bigint AS inserted, sum(s.n_tup_upd)::bigint AS updated, sum(s.n_tup_del)::bigint AS deleted,
           extract(epoch FROM now() - max(greatest((to_jsonb(s) ->> 'last_seq_scan')::timestamptz,
                                                   (to_jsonb(s) ->> 'last_idx_scan')::timestamptz)))::float8 AS last_read_age_s
    FROM pg_catalog.pg_stat_all_tables s
    WHERE s.relid = c.oid OR (c.relkind = 'p' AND s.relid IN (SELECT p.relid FROM pg_partition_tree(c.oid) p))
) u
ORDER BY f.place
