, policies AS (
    SELECT own.oid, own.schema_oid, a.attname
      FROM own
      JOIN pg_catalog.pg_policy AS p ON p.polrelid = own.oid
      LEFT JOIN pg_catalog.pg_depend AS d
             ON d.classid = 'pg_catalog.pg_policy'::regclass AND d.objid = p.oid AND d.refobjsubid > 0
            AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = own.oid
      LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = own.oid AND a.attnum = d.refobjsubid
     WHERE own.row_security
), tenant_columns AS (
    SELECT schema_oid, attname FROM policies
     WHERE attname ~ '(tenant|organi[sz]ation|org|company|customer|account|workspace|team|owner|user)_?(id|uuid)?$'
    UNION
    -- A policy that looks at no column still says that its table belongs to tenants, when it has such a column.
    SELECT p.schema_oid, a.attname
      FROM policies AS p
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = p.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE a.attname ~ '^(tenant|organi[sz]ation|org|company|workspace)_(id|uuid)$'
)
SELECT DISTINCT ON (own.label)
       own.label AS object,
       a.attname::text AS "column",
       own.live_rows AS row_count,
       EXISTS (SELECT FROM pg_catalog.pg_policy AS p WHERE p.polrelid = own.oid) AS has_policies,
       (SELECT count(DISTINCT oid) FROM policies AS p WHERE p.schema_oid = own.schema_oid) AS secured,
       CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_policy AS p WHERE p.polrelid = own.oid)
            THEN format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', own.quoted)
            ELSE format('CREATE POLICY tenant_isolation ON %s USING (%I = current_setting(''app.%s'')::%s);'
                        ' ALTER TABLE %1$s ENABLE ROW LEVEL SECURITY; -- with the condition of the other tables',
                        own.quoted, a.attname, a.attname, format_type(a.atttypid, NULL)) END AS remedy
  FROM own
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = own.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN tenant_columns AS t ON t.schema_oid = own.schema_oid AND t.attname = a.attname
 WHERE NOT own.row_security AND NOT own.partition
   AND (t.attname IS NOT NULL OR EXISTS (SELECT FROM pg_catalog.pg_policy AS p WHERE p.polrelid = own.oid))
 ORDER BY own.label, t.attname NULLS LAST, a.attnum
