SELECT i.indrelid::bigint AS oid, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_catalog.pg_index i
WHERE i.indrelid = ANY (%(oids)s::oid[])
ORDER BY i.indrelid, i.indexrelid
