SELECT own.label AS object,
       own.live_rows AS row_count,
       own.bytes AS heap_bytes,
       own.bytes + coalesce(t.relpages, 0)::bigint * current_setting('block_size')::bigint AS size_bytes,
       coalesce(t.relpages, 0)::bigint * current_setting('block_size')::bigint AS toast_bytes,
       own.partition AS partition,
       own.quoted AS quoted,
       (SELECT quote_ident(a.attname) FROM pg_catalog.pg_attribute AS a
         WHERE a.attrelid = own.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attstorage IN ('x', 'e')
         ORDER BY a.atttypid IN ('jsonb'::regtype, 'json'::regtype, 'bytea'::regtype, 'xml'::regtype) DESC, a.attnum
         LIMIT 1) AS widest,
       (SELECT quote_ident(a.attname) FROM pg_catalog.pg_attribute AS a
         WHERE a.attrelid = own.oid AND a.attnum > 0 AND NOT a.attisdropped
           AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)
         ORDER BY a.attname LIKE 'created%' DESC, a.attnum LIMIT 1) AS time_column
  FROM own
  LEFT JOIN pg_catalog.pg_class AS t ON t.oid = own.toast_oid
 WHERE own.kind = 'r' AND own.bytes + coalesce(t.relpages, 0)::bigint * 8192 >= 8388608
 ORDER BY size_bytes DESC
