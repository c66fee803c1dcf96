-- The tables behind names as written: a table or view itself, the table of an index, the owner of a sequence.
WITH named AS (
    SELECT name, to_regclass(name)::oid AS oid FROM unnest(%(names)s::text[]) AS name
), behind AS (
    SELECT coalesce(i.indrelid, owned.refobjid, named.oid) AS oid
      FROM named
      LEFT JOIN pg_index i ON i.indexrelid = named.oid
      LEFT JOIN pg_depend owned ON owned.classid = 'pg_class'::regclass AND owned.objid = named.oid
                               AND owned.refclassid = 'pg_class'::regclass AND owned.deptype IN ('a', 'i')
     WHERE named.oid IS NOT NULL
    UNION
    SELECT a.attrelid  -- tables with a column of a type that the migration names
      FROM unnest(%(names)s::text[]) AS name
      JOIN pg_attribute a ON a.atttypid = to_regtype(name)::oid AND a.attnum > 0
      JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
)
SELECT DISTINCT n.nspname AS schema, c.relname AS name
  FROM behind
  JOIN pg_class c ON c.oid = behind.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
