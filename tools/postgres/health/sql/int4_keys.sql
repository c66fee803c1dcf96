SELECT own.label || '.' || a.attname AS object,
       n.nspname::text AS schema, c.relname::text AS "table", a.attname::text AS "column",
       CASE a.atttypid WHEN 'int2'::regtype THEN 32767 ELSE 2147483647 END::bigint AS maximum,
       own.live_rows AS row_count,
       has_schema_privilege(n.oid, 'USAGE')
           AND has_column_privilege(own.oid, a.attnum, 'SELECT') AS readable,
       own.quoted AS quoted,
       quote_ident(n.nspname) AS quoted_schema,
       (SELECT max(CASE WHEN has_sequence_privilege(s.oid, 'SELECT') OR has_sequence_privilege(s.oid, 'USAGE')
                        THEN pg_sequence_last_value(s.oid) END)
          FROM pg_catalog.pg_depend AS d
          JOIN pg_catalog.pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'
         WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
           AND d.refobjid = own.oid AND d.refobjsubid = a.attnum AND d.deptype IN ('a', 'i')) AS last_value,
       format('ALTER TABLE %s ALTER COLUMN %I TYPE bigint;'
              ' -- rewrites the table; large ones: a new bigint column, filled in batches, then swapped',
              own.quoted, a.attname) AS remedy
  FROM own
  JOIN pg_catalog.pg_class AS c ON c.oid = own.oid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_index AS i ON i.indrelid = own.oid AND i.indisprimary
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = own.oid AND a.attnum = (i.indkey::int2[])[0]
 WHERE a.atttypid IN ('int4'::regtype, 'int2'::regtype)
   AND NOT own.partition
   -- The first of several key columns is a tenant or a parent more often than a counter.
   AND (i.indnkeyatts = 1 OR a.attidentity <> '')
   AND own.live_rows > 0
 ORDER BY own.live_rows DESC
