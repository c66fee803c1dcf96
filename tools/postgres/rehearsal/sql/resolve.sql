-- The tables behind names as written: a table or view itself, the table of an index, the owner of a sequence.
-- A schema that the role may not use is looked into as well (to_regclass would fail): what is there is then refused by name.
WITH written AS (
    SELECT * FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS w (schema, name)
), named AS (
    SELECT c.oid
      FROM written w
      JOIN pg_namespace n ON n.nspname = w.schema
      JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
    UNION ALL
    SELECT to_regclass(quote_ident(name))::oid FROM written WHERE schema IS NULL
), types AS (
    SELECT t.oid
      FROM written w
      JOIN pg_namespace n ON n.nspname = w.schema
      JOIN pg_type t ON t.typnamespace = n.oid AND t.typname = w.name
    UNION ALL
    SELECT to_regtype(quote_ident(name))::oid FROM written WHERE schema IS NULL
), behind_types AS (
    SELECT oid FROM types WHERE %(types)s
), behind AS (
    SELECT coalesce(i.indrelid, owned.refobjid, named.oid) AS oid
      FROM named
      LEFT JOIN pg_index i ON i.indexrelid = named.oid
      LEFT JOIN pg_depend owned ON owned.classid = 'pg_class'::regclass AND owned.objid = named.oid
                               AND owned.refclassid = 'pg_class'::regclass AND owned.deptype IN ('a', 'i')
     WHERE named.oid IS NOT NULL
    UNION
    SELECT a.attrelid  -- tables with a column of a type that the migration names
      FROM behind_types
      JOIN pg_attribute a ON a.atttypid = behind_types.oid AND a.attnum > 0
      JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
    UNION
    SELECT c.oid  -- what a schema that is dropped holds
      FROM pg_namespace n
      JOIN pg_class c ON c.relnamespace = n.oid
     WHERE n.nspname = ANY (%(dropped)s::text[])
       AND NOT EXISTS (SELECT FROM pg_depend e
                        WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
)
SELECT DISTINCT n.nspname AS schema, c.relname AS name,
       has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable
  FROM behind
  JOIN pg_class c ON c.oid = behind.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
