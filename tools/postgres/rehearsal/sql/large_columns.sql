-- Which of these columns belong to those of the named tables that have more than so many rows.
SELECT n.nspname::text AS schema, c.relname::text AS name, a.attname::text AS column
FROM unnest(%(names)s::text[]) AS t (name)
JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(t.name)
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0
  AND (SELECT sum(part.reltuples)
       FROM pg_catalog.pg_class AS part
       WHERE (part.oid = c.oid AND c.relkind = 'r') OR part.oid IN (SELECT relid FROM pg_partition_tree(c.oid) WHERE isleaf)) > %(rows)s
  AND a.attname = ANY (%(columns)s)
ORDER BY 1, 2, 3
