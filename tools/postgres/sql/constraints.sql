SELECT c.conrelid::bigint AS oid, c.conname::text AS name, c.contype::text AS kind, pg_get_constraintdef(c.oid) AS definition,
       c.convalidated AS validated,
       (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(c.conkey) WITH ORDINALITY k(number, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number) AS columns,
       c.confrelid::bigint AS target_oid,
       (SELECT n.nspname || '.' || t.relname FROM pg_catalog.pg_class t
        JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace WHERE t.oid = c.confrelid) AS target,
       (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(c.confkey) WITH ORDINALITY k(number, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number) AS target_columns
FROM pg_catalog.pg_constraint c
WHERE (c.conrelid = ANY (%(oids)s::oid[]) OR c.confrelid = ANY (%(oids)s::oid[]))
  AND c.contype IN ('p', 'u', 'f', 'c', 'x') AND c.conparentid = 0
ORDER BY c.conrelid, c.contype, c.conname
