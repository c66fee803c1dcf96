SELECT n.nspname || '.' || c.relname AS object,
       n.nspname AS schema,
       quote_ident(n.nspname) AS quoted_schema,
       s.seqmax AS maximum,
       s.seqcycle AS cycles,
       s.seqincrement > 0 AS rises,
       has_sequence_privilege(c.oid, 'SELECT') OR has_sequence_privilege(c.oid, 'USAGE') AS readable,
       CASE WHEN has_sequence_privilege(c.oid, 'SELECT') OR has_sequence_privilege(c.oid, 'USAGE')
            THEN pg_sequence_last_value(c.oid) END AS last_value,
       s.seqtypid::regtype::text AS type,
       format('ALTER SEQUENCE %I.%I %sMAXVALUE 9223372036854775807;', n.nspname, c.relname,
              CASE WHEN s.seqtypid = 'bigint'::regtype THEN '' ELSE 'AS bigint ' END) AS remedy
  FROM pg_catalog.pg_sequence AS s
  JOIN pg_catalog.pg_class AS c ON c.oid = s.seqrelid AND c.relpersistence <> 't'
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
   -- One that fills a 2- or 4-byte key is reported as int4-key-near-limit.
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                     JOIN pg_catalog.pg_index AS i ON i.indrelid = d.refobjid AND i.indisprimary
                                                  AND (i.indkey::int2[])[0] = d.refobjsubid
                     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
                      AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
                      AND s.seqmax >= CASE a.atttypid WHEN 'int2'::regtype THEN 32767
                                                      WHEN 'int4'::regtype THEN 2147483647 END)
 ORDER BY object
