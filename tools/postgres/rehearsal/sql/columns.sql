SELECT a.attrelid::bigint AS relation, array_agg(a.attname::text ORDER BY a.attnum) AS columns
  FROM pg_attribute a
 WHERE a.attrelid::bigint = ANY (%(scope)s) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
 GROUP BY a.attrelid
