SELECT con.conname AS name,
       con.conrelid::bigint AS child,
       con.confrelid::bigint AS parent,
       ARRAY(SELECT a.attname::text FROM unnest(con.conkey) WITH ORDINALITY k(num, pos)
               JOIN pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.num ORDER BY k.pos) AS child_columns,
       ARRAY(SELECT a.attname::text FROM unnest(con.confkey) WITH ORDINALITY k(num, pos)
               JOIN pg_attribute a ON a.attrelid = con.confrelid AND a.attnum = k.num ORDER BY k.pos) AS parent_columns,
       ARRAY(SELECT format_type(a.atttypid, NULL) FROM unnest(con.confkey) WITH ORDINALITY k(num, pos)
               JOIN pg_attribute a ON a.attrelid = con.confrelid AND a.attnum = k.num ORDER BY k.pos) AS types
  FROM pg_constraint con
 WHERE con.contype = 'f' AND con.conparentid = 0 AND con.convalidated
   AND con.conrelid::bigint = ANY (%(scope)s) AND con.confrelid::bigint = ANY (%(scope)s)
