-- What the planner knows of these columns.
SELECT c.oid::bigint AS relation, s.attname AS name, s.null_frac::float8 AS nulls, s.avg_width AS width,
       s.n_distinct::float8 AS distinct, s.most_common_vals::text::text[] AS common, s.most_common_freqs::float8[] AS shares,
       s.histogram_bounds::text::text[] AS bounds, coalesce(s.correlation, 0)::float8 AS correlation
  FROM pg_stats s
  JOIN pg_class c ON c.relname = s.tablename
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = s.schemaname
 WHERE c.oid::bigint = ANY (%(scope)s)
   AND s.inherited = (c.relkind = 'p')
   AND (NOT %(texts)s OR EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                                  WHERE a.attrelid = c.oid AND a.attname = s.attname
                                    AND (t.typcategory IN ('S', 'A', 'U', 'N') AND t.typname NOT IN ('json', 'jsonb', 'tsvector'))))
