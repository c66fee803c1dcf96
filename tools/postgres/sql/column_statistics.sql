-- Shares and counts only: the values themselves are rows' content.
SELECT c.oid::bigint AS oid, s.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type,
       s.null_frac::float8 AS null_share, s.avg_width AS width_bytes,
       CASE WHEN s.n_distinct >= 0 THEN s.n_distinct::float8 ELSE -s.n_distinct::float8 * greatest(c.reltuples, 0)::float8 END
           AS distinct_values,
       coalesce(s.most_common_freqs[1:10]::float8[], '{}') AS common_shares,
       coalesce((SELECT sum(f) FROM unnest(s.most_common_freqs) f), 0)::float8 AS common_total_share,
       coalesce(array_length(s.most_common_freqs, 1), 0) AS common_values,
       s.correlation::float8 AS correlation
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = s.attname
WHERE c.oid = ANY (%(oids)s::oid[]) AND (NOT s.inherited OR c.relkind = 'p')
ORDER BY c.oid, a.attnum
