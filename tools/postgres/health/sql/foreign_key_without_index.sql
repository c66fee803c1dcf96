SELECT own.label || '.' || (SELECT string_agg(a.attname, ',' ORDER BY u.place)
                              FROM unnest(f.conkey) WITH ORDINALITY AS u(attnum, place)
                              JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = u.attnum
                           ) AS object,
       f.conname::text AS "constraint",
       rn.nspname || '.' || r.relname AS referenced,
       own.live_rows AS row_count,
       f.confdeltype IN ('c', 'n', 'd') AS cascades,
       pg_stat_get_tuples_deleted(f.confrelid) AS referenced_deletes,
       format('CREATE INDEX %sON %s (%s);', CASE own.kind WHEN 'r' THEN 'CONCURRENTLY ' ELSE '' END, own.quoted,
              (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY u.place)
                 FROM unnest(f.conkey) WITH ORDINALITY AS u(attnum, place)
                 JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = u.attnum)) AS remedy
  FROM pg_catalog.pg_constraint AS f
  JOIN own ON own.oid = f.conrelid
  JOIN pg_catalog.pg_class AS r ON r.oid = f.confrelid
  JOIN pg_catalog.pg_namespace AS rn ON rn.oid = r.relnamespace
 WHERE f.contype = 'f'
   AND f.conparentid = 0
   AND (own.live_rows >= 1000 OR own.kind = 'p')
   AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_index AS i
        WHERE i.indrelid = f.conrelid AND (i.indisvalid OR own.kind = 'p')
          -- Leading columns in any order; a WHERE that only leaves out NULLs does no harm.
          AND (i.indkey::int2[])[0:cardinality(f.conkey) - 1] @> f.conkey
          AND f.conkey @> (i.indkey::int2[])[0:cardinality(f.conkey) - 1]
          AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) ~ '^\(?("[^"]+"|\w+) IS NOT NULL\)?$'))
 ORDER BY own.live_rows DESC
