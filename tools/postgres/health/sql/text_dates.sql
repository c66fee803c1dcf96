SELECT own.label || '.' || a.attname AS object,
       array_length(v.seen, 1) AS looked_at,
       CASE WHEN v.times THEN 'timestamptz' ELSE 'date' END AS meant,
       format('ALTER TABLE %s ALTER COLUMN %I TYPE %s USING %2$I::%3$s;'
              ' -- fails on the first value that is none, rewrites the table: have it rehearsed', own.quoted, a.attname,
              CASE WHEN v.times THEN 'timestamptz' ELSE 'date' END) AS remedy
  FROM own
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = own.oid AND a.attnum > 0 AND NOT a.attisdropped
  -- What ANALYZE sampled, which no table has to be read for; hidden from a role that may not read the column.
  JOIN pg_catalog.pg_stats AS s ON s.schemaname = own.schema AND s.tablename = own.name AND s.attname = a.attname
                               AND NOT s.inherited
  CROSS JOIN LATERAL (
      SELECT array_agg(each) AS seen,
             bool_and(each ~ '^\d{4}-[01]\d-[0-3]\d([ T][0-2]\d:[0-5]\d(:[0-5]\d(\.\d+)?)?( ?(Z|[+-]\d\d(:?\d\d)?))?)?$') AS dates,
             bool_or(each ~ ':') AS times
        FROM unnest(coalesce(s.most_common_vals::text::text[], '{}') || coalesce(s.histogram_bounds::text::text[], '{}'))
             AS each) AS v
 WHERE a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype)
   AND a.attname ~* '(^|_)(at|on|date|day|time|timestamp|datetime)$|^(date|time)_|Date$|At$'
   AND NOT own.partition
   AND v.dates
 ORDER BY object
