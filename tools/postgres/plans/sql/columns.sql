SELECT a.attrelid::bigint AS oid, a.attname AS name, a.attnum::int AS position, format_type(a.atttypid, a.atttypmod) AS type,
       bt.typname AS base, bt.typcategory::text AS category, a.attnotnull AS not_null,
       coalesce(co.collname, '') AS collation,
       CASE WHEN co.collname = 'default'
            THEN (SELECT d.datlocprovider::text = 'c' AND d.datcollate IN ('C', 'POSIX')
                  FROM pg_database AS d WHERE d.datname = current_database())
            ELSE co.collname IN ('C', 'POSIX') END AS c_collated,
       s.null_frac, s.avg_width, s.n_distinct, s.correlation,
       s.most_common_vals::text::text[] AS common, s.most_common_freqs::float8[] AS frequencies,
       s.histogram_bounds::text::text[] AS bounds,
       s.most_common_elems::text::text[] AS elements
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_type AS t ON t.oid = a.atttypid
JOIN pg_type AS bt ON bt.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
LEFT JOIN pg_collation AS co ON co.oid = a.attcollation
LEFT JOIN LATERAL (
    SELECT * FROM pg_stats AS s
    WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
    ORDER BY s.inherited DESC LIMIT 1
) AS s ON true
WHERE a.attrelid = ANY (%(oids)s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
