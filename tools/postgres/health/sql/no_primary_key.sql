SELECT own.label AS object,
       own.live_rows AS row_count,
       EXISTS (SELECT FROM pg_catalog.pg_publication_rel AS p WHERE p.prrelid = own.oid)
           OR EXISTS (SELECT FROM pg_catalog.pg_publication AS p WHERE p.puballtables) AS published,
       own.quoted AS quoted,
       own.kind::text = 'p' OR EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhparent = own.oid) AS has_children,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = own.oid) AS taken,
       -- An element without a column is an expression.
       ARRAY(SELECT quote_ident(a.attname)
               FROM pg_catalog.pg_partitioned_table AS p, unnest(p.partattrs::int2[]) WITH ORDINALITY AS k (number, place)
               LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = own.oid AND a.attnum = k.number AND k.number > 0
              WHERE p.partrelid = own.oid ORDER BY k.place) AS partition_columns,
       -- The columns of a unique index, or a column named like a key with no value twice, and no NULL by the statistics.
       (SELECT ARRAY(SELECT quote_ident(a.attname)
                       FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k (number, place)
                       JOIN pg_catalog.pg_attribute AS a ON a.attrelid = own.oid AND a.attnum = k.number
                      ORDER BY k.place)
          FROM pg_catalog.pg_index AS i
         WHERE i.indrelid = own.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
           AND i.indpred IS NULL AND i.indexprs IS NULL
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                            WHERE a.attrelid = own.oid AND NOT a.attnotnull
                              AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
                              AND NOT EXISTS (SELECT FROM pg_catalog.pg_stats AS s
                                               WHERE s.schemaname = own.schema AND s.tablename = own.name
                                                 AND s.attname = a.attname AND s.null_frac = 0))
         ORDER BY i.indnkeyatts, i.indexrelid LIMIT 1) AS unique_columns,
       (SELECT ARRAY[quote_ident(s.attname)]
          FROM pg_catalog.pg_stats AS s
          JOIN pg_catalog.pg_attribute AS a ON a.attrelid = own.oid AND a.attname = s.attname
         WHERE s.schemaname = own.schema AND s.tablename = own.name AND s.null_frac = 0 AND s.n_distinct = -1
           AND own.live_rows > 1
           AND s.attname ~ '(^|_)(id|uuid|guid|key|no|nr|number|code)$'
           AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype, 'text'::regtype,
                              'varchar'::regtype, 'bpchar'::regtype, 'numeric'::regtype)
         ORDER BY s.attname <> 'id', a.attnum LIMIT 1) AS distinct_column
  FROM own
 WHERE NOT own.partition
   AND own.live_rows > 0
   AND own.replica_identity::text NOT IN ('f', 'i')
   AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_index AS i
        WHERE i.indrelid = own.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
          AND i.indpred IS NULL AND i.indexprs IS NULL
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                           WHERE a.attrelid = own.oid AND NOT a.attnotnull
                             AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])))
 ORDER BY own.live_rows DESC
