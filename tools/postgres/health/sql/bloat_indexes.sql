SELECT n.nspname || '.' || c.relname AS object, c.oid::bigint AS oid,
       own.label AS "table",
       c.relpages::bigint * current_setting('block_size')::bigint AS size_bytes,
       has_table_privilege(own.oid, 'SELECT') AND NOT row_security_active(own.oid)
           AND has_schema_privilege(own.schema_oid, 'USAGE') AS readable,
       -- 12 bytes an entry: header 8, line pointer 4; leaves are filled to 90 %; 40 bytes of each page are its own.
       CASE WHEN w.columns = i.indnatts AND c.reltuples > 0 THEN
           (2 + ceil(c.reltuples * (12 + 8 * ceil(w.bytes / 8)) / ((current_setting('block_size')::float8 - 40)
                     * coalesce((SELECT option_value::float8 FROM pg_options_to_table(c.reloptions)
                                  WHERE option_name = 'fillfactor'), 90) / 100)))
           * current_setting('block_size')::float8 END AS expected_bytes,
       format('REINDEX INDEX CONCURRENTLY %I.%I;', n.nspname, c.relname) AS remedy
  FROM own
  JOIN pg_catalog.pg_index AS i ON i.indrelid = own.oid AND i.indisvalid
  JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid AND c.relkind = 'i'
  JOIN pg_catalog.pg_am AS m ON m.oid = c.relam AND m.amname = 'btree'
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL (
       SELECT count(*) AS columns, sum((1 - s.null_frac) * s.avg_width)::float8 AS bytes
         FROM pg_catalog.pg_attribute AS a
         JOIN pg_catalog.pg_stats AS s ON s.schemaname = own.schema AND s.tablename = own.name
                                      AND s.attname = a.attname AND NOT s.inherited
        WHERE a.attrelid = own.oid AND a.attnum = ANY (i.indkey)) AS w
 WHERE c.relpages::bigint * current_setting('block_size')::bigint >= 2097152
 ORDER BY c.relpages DESC
