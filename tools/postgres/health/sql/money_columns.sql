SELECT own.label || '.' || a.attname AS object,
       own.label AS "table",
       own.oid::bigint AS oid,
       own.schema::text AS schema,
       a.attname::text AS "column",
       a.atttypid IN ('float4'::regtype, 'float8'::regtype) AS floating,
       a.attname ~ '(^|_)balance$' AS balance,
       format_type(a.atttypid, a.atttypmod) AS type,
       EXISTS (SELECT FROM pg_catalog.pg_constraint AS k
                WHERE k.conrelid = own.oid AND k.contype = 'c' AND a.attnum = ANY (k.conkey)) AS has_check,
       (SELECT count(*) FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
         WHERE t.tgrelid = own.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D'
           AND (p.proname ~ '(audit|history|journal)' OR p.prosrc ~* 'insert\s+into\s+\S*(audit|history|journal)'))
           AS audit_triggers,
       (SELECT format('%I.%I', pn.nspname, p.proname)
          FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
          JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.pronamespace
          JOIN own AS o ON o.oid = t.tgrelid AND o.schema = own.schema
         WHERE NOT t.tgisinternal
           AND (p.proname ~ '(audit|history|journal)' OR p.prosrc ~* 'insert\s+into\s+\S*(audit|history|journal)')
         ORDER BY 1 LIMIT 1) AS audit_function,
       own.quoted AS quoted,
       quote_ident(a.attname) AS quoted_column,
       quote_ident(own.name || '_audit') AS quoted_trigger,
       quote_ident(own.name || '_' || a.attname || '_not_negative') AS quoted_constraint
  FROM own
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = own.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid AND y.typtype = 'b' AND y.typcategory = 'N'
 WHERE NOT own.partition
   AND a.attname ~ '(^|_)(amount|balance|price|fee|commission|debit|credit|payout|refund|salary)s?(_|$)'
   AND a.attname !~ '(rate|ratio|percent|pct|share|score|count|days|_id|id|limit|after|before)$'
   AND a.attgenerated = ''
 ORDER BY object
