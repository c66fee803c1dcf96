SELECT own.label AS object, own.oid::bigint AS oid, own.quoted AS quoted,
       own.bytes AS size_bytes,
       has_table_privilege(own.oid, 'SELECT') AND NOT row_security_active(own.oid)
           AND has_schema_privilege(own.schema_oid, 'USAGE') AS readable,
       -- 28 bytes a row: header 23, padding 1, line pointer 4; 2 a column for alignment; 24 of each page are its header.
       CASE WHEN w.columns = a.columns AND own.reltuples > 0 THEN
           ceil(own.reltuples * (28 + 8 * ceil((w.bytes + 2 * a.columns) / 8))
                / ((current_setting('block_size')::float8 - 24)
                   * coalesce((SELECT option_value::float8 FROM pg_options_to_table(own.options)
                                WHERE option_name = 'fillfactor'), 100) / 100))
           * current_setting('block_size')::float8 END AS expected_bytes
  FROM own
 CROSS JOIN LATERAL (SELECT count(*) AS columns FROM pg_catalog.pg_attribute
                      WHERE attrelid = own.oid AND attnum > 0 AND NOT attisdropped) AS a
 CROSS JOIN LATERAL (SELECT count(*) AS columns, sum((1 - null_frac) * avg_width)::float8 AS bytes
                       FROM pg_catalog.pg_stats AS s
                      WHERE s.schemaname = own.schema AND s.tablename = own.name AND NOT s.inherited) AS w
 WHERE own.kind = 'r' AND own.bytes >= 2097152
 ORDER BY own.bytes DESC
