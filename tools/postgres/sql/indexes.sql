-- The largest first, chosen before anything dear is asked of them.
WITH chosen AS MATERIALIZED (
    SELECT i.indexrelid, i.indrelid, i.indkey::smallint[] AS keys, i.indisunique, i.indisprimary, i.indisvalid, i.indisready,
           n.nspname, tc.relname AS table_name, ic.relname AS index_name, ic.relam, ic.reltuples, ic.relpages,
           pg_relation_size(i.indexrelid) AS size_bytes
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
    JOIN pg_catalog.pg_class tc ON tc.oid = i.indrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = tc.relnamespace
    WHERE n.nspname NOT LIKE 'pg\_%%' AND n.nspname <> 'information_schema'
      AND (%(everything)s OR n.nspname || '.' || tc.relname = ANY (%(tables)s::text[])
           OR tc.relname = ANY (%(tables)s::text[]))
    ORDER BY size_bytes DESC, n.nspname, ic.relname
    LIMIT %(limit)s
)
SELECT i.nspname || '.' || i.index_name AS name, i.nspname || '.' || i.table_name AS "table",
       pg_get_indexdef(i.indexrelid) AS definition, am.amname::text AS method,
       i.indisunique AS "unique", i.indisprimary AS "primary", i.indisvalid AS valid, i.indisready AS ready,
       EXISTS (SELECT FROM pg_catalog.pg_constraint k
               WHERE k.conrelid = i.indrelid AND k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
           AS enforces_constraint,
       i.size_bytes,
       pg_stat_get_numscans(i.indexrelid) AS scans,
       pg_stat_get_tuples_returned(i.indexrelid) AS entries_read,
       pg_stat_get_tuples_fetched(i.indexrelid) AS rows_fetched,
       CASE WHEN i.reltuples >= 0 THEN i.reltuples::bigint END AS entries,
       -- Keys of a B-tree: 8 bytes of header and 4 of line pointer an entry, aligned to 8; pages 90 per cent full.
       CASE WHEN am.amname = 'btree' AND i.reltuples > 0 AND i.relpages > 10 AND w.known THEN
           greatest(0, 1 - (i.reltuples * (12 + ceil(w.width / 8.0) * 8) / 0.9 / 8168 + 2) / i.relpages)::float8 END
           AS bloat_share
FROM chosen i
JOIN pg_catalog.pg_am am ON am.oid = i.relam
LEFT JOIN LATERAL (
    SELECT bool_and(st.avg_width IS NOT NULL) AS known, sum(st.avg_width * (1 - st.null_frac)) AS width
    FROM unnest(i.keys) k(number)
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
    LEFT JOIN pg_catalog.pg_stats st ON st.schemaname = i.nspname AND st.tablename = i.table_name AND st.attname = a.attname
                                    AND NOT st.inherited
) w ON i.relpages > 10
ORDER BY i.size_bytes DESC, name
