SELECT own.label AS object,
       own.live_rows AS row_count,
       EXISTS (SELECT FROM pg_catalog.pg_publication_rel AS p WHERE p.prrelid = own.oid)
           OR EXISTS (SELECT FROM pg_catalog.pg_publication AS p WHERE p.puballtables) AS published,
       format('ALTER TABLE %s ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;'
              ' -- rewrites the table; better, where columns are unique: ADD PRIMARY KEY (…)', own.quoted) AS remedy
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
