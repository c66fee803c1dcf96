-- Columns that no two rows of a table may share: primary keys and unique indexes without conditions or expressions.
SELECT i.indrelid::bigint AS relation,
       ARRAY(SELECT a.attname::text FROM unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY k(num, pos)
               JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num ORDER BY k.pos) AS columns
  FROM pg_index i
 WHERE i.indrelid::bigint = ANY (%(scope)s) AND i.indisunique AND i.indexprs IS NULL AND i.indpred IS NULL
