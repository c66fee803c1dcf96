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
       -- An identity column takes its sequence along, but for a limit of its own; a serial, or a DEFAULT nextval, does not.
       format('ALTER TABLE %s ALTER COLUMN %I TYPE bigint;', own.quoted, a.attname)
           || coalesce((SELECT string_agg(' ' || line, '' ORDER BY line) FROM (
                  SELECT format('ALTER SEQUENCE %I.%I %sNO MAXVALUE;', n.nspname, s.relname,
                                CASE WHEN a.attidentity = '' THEN 'AS bigint ' ELSE '' END) AS line
                    FROM pg_catalog.pg_depend AS d
                    JOIN pg_catalog.pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'
                    JOIN pg_catalog.pg_namespace AS n ON n.oid = s.relnamespace
                   WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
                     AND d.refobjid = own.oid AND d.refobjsubid = a.attnum AND d.deptype IN ('a', 'i')
                   UNION
                  SELECT format('ALTER SEQUENCE %I.%I AS bigint NO MAXVALUE;', n.nspname, s.relname)
                    FROM pg_catalog.pg_attrdef AS e
                    JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = e.oid
                                                  AND d.refclassid = 'pg_catalog.pg_class'::regclass
                    JOIN pg_catalog.pg_class AS s ON s.oid = d.refobjid AND s.relkind = 'S'
                    JOIN pg_catalog.pg_namespace AS n ON n.oid = s.relnamespace
                   WHERE e.adrelid = own.oid AND e.adnum = a.attnum) AS sequences (line)), '')
           || coalesce((SELECT string_agg(format(' ALTER TABLE %I.%I ALTER COLUMN %I TYPE bigint;',
                                                 n.nspname, r.relname, f.attname), '' ORDER BY n.nspname, r.relname)
                          FROM pg_catalog.pg_constraint AS k
                          JOIN pg_catalog.pg_class AS r ON r.oid = k.conrelid
                          JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
                          JOIN pg_catalog.pg_attribute AS f ON f.attrelid = k.conrelid AND f.attnum = k.conkey[1]
                         WHERE k.confrelid = own.oid AND k.contype = 'f' AND k.confkey = ARRAY[a.attnum]
                           AND k.conparentid = 0 AND k.conrelid <> own.oid
                           AND f.atttypid IN ('int4'::regtype, 'int2'::regtype)), '')
           || ' -- rewrites each table under a lock; large ones: a new bigint column, filled in batches, then swapped'
           AS remedy
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
