SELECT n.nspname || '.' || c.relname AS object,
       coalesce((SELECT tn.nspname || '.' || t.relname || '.' || a.attname
          FROM pg_catalog.pg_depend AS d
          JOIN pg_catalog.pg_class AS t ON t.oid = d.refobjid
          JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.relnamespace
          JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
         WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
           AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
         LIMIT 1), '') AS "column",
       CASE WHEN has_sequence_privilege(c.oid, 'SELECT') OR has_sequence_privilege(c.oid, 'USAGE')
            THEN pg_sequence_last_value(c.oid) END AS last_value,
       extract(epoch FROM clock_timestamp())::float8 AS epoch_s
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind = 'S' AND c.relpersistence <> 't'
 ORDER BY c.oid
 LIMIT 5000
