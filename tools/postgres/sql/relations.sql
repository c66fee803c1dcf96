-- Tables and views, the ones that fit the question best first. One row a relation; partitions only when named.
WITH RECURSIVE tree AS (
    SELECT inhparent AS root, inhrelid AS leaf FROM pg_catalog.pg_inherits
    UNION ALL
    SELECT t.root, i.inhrelid FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.leaf
), partitions AS (
    SELECT t.root, sum(c.reltuples) FILTER (WHERE c.reltuples >= 0) AS reltuples, sum(c.relpages) AS relpages
    FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.leaf AND c.relkind IN ('r', 'f')
    GROUP BY 1
), found AS (
    SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
           lower(c.relname) AS low,
           string_to_array(lower(regexp_replace(c.relname, '([a-z0-9])([A-Z])', '\1_\2', 'g')), '_') AS parts,
           CASE WHEN c.relkind = 'p' THEN coalesce(p.reltuples, -1) ELSE c.reltuples END AS reltuples,
           CASE WHEN c.relkind = 'p' THEN coalesce(p.relpages, 0) ELSE c.relpages END AS relpages,
           c.relispartition,
           has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT') AS readable
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN partitions p ON p.root = c.oid
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND n.nspname NOT LIKE 'pg\_%%' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_depend d
          WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
), columns AS (
    SELECT a.attrelid AS oid, count(*) AS hits
    FROM pg_catalog.pg_attribute a
    WHERE a.attnum > 0 AND NOT a.attisdropped AND lower(a.attname) = ANY (%(words)s::text[])
    GROUP BY 1
), indexed AS (
    SELECT DISTINCT i.indrelid AS oid
    FROM pg_catalog.pg_class x
    JOIN pg_catalog.pg_index i ON i.indexrelid = x.oid
    JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace
    WHERE x.relkind IN ('i', 'I')
      AND (lower(x.relname) = ANY (%(names)s::text[]) OR lower(n.nspname) || '.' || lower(x.relname) = ANY (%(names)s::text[]))
), scored AS (
    SELECT f.*,
           CASE WHEN d.oid IS NOT NULL THEN 100  -- an index of it is named
                WHEN f.low = ANY (%(names)s::text[]) OR lower(f.schema) || '.' || f.low = ANY (%(names)s::text[]) THEN 100
                WHEN f.low = ANY (%(words)s::text[]) THEN 50 ELSE 0 END
           + 10 * (SELECT count(*) FROM unnest(f.parts) part WHERE part = ANY (%(words)s::text[]))
           + least(coalesce(c.hits, 0), 4) AS score
    FROM found f LEFT JOIN columns c USING (oid) LEFT JOIN indexed d USING (oid)
)
SELECT oid::bigint AS oid, schema, name, kind, reltuples::float8 AS rows, relpages::bigint * 8192 AS size_bytes, readable,
       score::int AS score,
       count(*) OVER () AS total,
       count(*) FILTER (WHERE readable) OVER () AS total_readable
FROM scored
WHERE NOT relispartition OR score >= 50
ORDER BY score DESC, readable DESC, reltuples DESC, schema, name
LIMIT %(limit)s
