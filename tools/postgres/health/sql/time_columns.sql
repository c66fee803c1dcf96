SELECT own.label || '.' || a.attname AS object,
       own.schema::text AS schema,
       a.atttypid = 'timestamp'::regtype AS without,
       format('ALTER TABLE %s ALTER COLUMN %I TYPE timestamptz USING %2$I AT TIME ZONE ''UTC'';'
              ' -- if its values are UTC; rewrites the table', own.quoted, a.attname) AS remedy
  FROM own
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = own.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE a.atttypid IN ('timestamp'::regtype, 'timestamptz'::regtype)
   AND NOT own.partition
 ORDER BY object
