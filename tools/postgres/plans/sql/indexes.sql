SELECT i.indrelid::bigint AS oid, n.nspname AS schema, c.relname AS name, am.amname AS method,
       i.indisunique AS is_unique, i.indisprimary AS is_primary, i.indisvalid AS is_valid,
       pg_get_indexdef(i.indexrelid) AS definition,
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, false) FROM generate_series(1, i.indnkeyatts) AS k) AS keys,
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, false) FROM generate_series(i.indnkeyatts + 1, i.indnatts) AS k)
           AS included,
       i.indoption::int[] AS options,
       ARRAY(SELECT oc.opcname::text FROM unnest(i.indclass) WITH ORDINALITY AS x(id, nr)
             JOIN pg_opclass AS oc ON oc.oid = x.id ORDER BY x.nr) AS classes,
       pg_get_expr(i.indpred, i.indrelid) AS predicate,
       pg_relation_size(i.indexrelid) AS bytes, coalesce(s.idx_scan, 0) AS scans,
       EXISTS (SELECT 1 FROM pg_constraint AS k WHERE k.conindid = i.indexrelid) AS backs_constraint
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_am AS am ON am.oid = c.relam
LEFT JOIN pg_stat_user_indexes AS s ON s.indexrelid = i.indexrelid
WHERE i.indrelid = ANY (%(oids)s::oid[])
ORDER BY i.indrelid, c.relname
