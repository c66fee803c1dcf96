SELECT n.nspname || '.' || ic.relname AS name, n.nspname || '.' || tc.relname AS "table",
       pg_get_indexdef(i.indexrelid) AS definition, am.amname::text AS method,
       i.indisunique AS "unique", i.indisprimary AS "primary", i.indisvalid AS valid, i.indisready AS ready,
       EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
           AS enforces_constraint,
       pg_relation_size(i.indexrelid) AS size_bytes,
       s.idx_scan AS scans, s.idx_tup_read AS entries_read, s.idx_tup_fetch AS rows_fetched,
       CASE WHEN ic.reltuples >= 0 THEN ic.reltuples::bigint END AS entries,
       -- Keys of a B-tree: 8 bytes of header and 4 of line pointer an entry, aligned to 8; pages 90 per cent full.
       CASE WHEN am.amname = 'btree' AND ic.reltuples > 0 AND ic.relpages > 10 AND w.known THEN
           greatest(0, 1 - (ic.reltuples * (12 + ceil(w.width / 8.0) * 8) / 0.9 / 8168 + 2) / ic.relpages)::float8 END
           AS bloat_share
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
JOIN pg_catalog.pg_class tc ON tc.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = tc.relnamespace
JOIN pg_catalog.pg_am am ON am.oid = ic.relam
LEFT JOIN pg_catalog.pg_stat_all_indexes s ON s.indexrelid = i.indexrelid
LEFT JOIN LATERAL (
    SELECT bool_and(st.avg_width IS NOT NULL) AS known, sum(st.avg_width * (1 - st.null_frac)) AS width
    FROM unnest(i.indkey::smallint[]) k(number)
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
    LEFT JOIN pg_catalog.pg_stats st ON st.schemaname = n.nspname AND st.tablename = tc.relname AND st.attname = a.attname
                                    AND NOT st.inherited
) w ON true
WHERE n.nspname NOT LIKE 'pg\_%%' AND n.nspname <> 'information_schema'
  AND (%(everything)s OR n.nspname || '.' || tc.relname = ANY (%(tables)s::text[]) OR tc.relname = ANY (%(tables)s::text[]))
ORDER BY size_bytes DESC, name
LIMIT %(limit)s
