-- CHECK constraints upon these columns, of tables and of the domains they or their elements have, as they are written.
WITH RECURSIVE made_of(type, below) AS (
    SELECT t.oid, t.oid FROM pg_type t
    UNION
    SELECT m.type, CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.typelem END
      FROM made_of m JOIN pg_type t ON t.oid = m.below AND (t.typtype = 'd' OR t.typcategory = 'A' AND t.typelem <> 0)
)
SELECT 'TABLE' AS of, c.conrelid::regclass::text AS object, c.conname AS name, pg_get_constraintdef(c.oid) AS definition,
       obj_description(c.oid, 'pg_constraint') AS comment, c.convalidated AS valid
  FROM pg_constraint c
  JOIN pg_class r ON r.oid = c.conrelid
  JOIN pg_namespace n ON n.oid = r.relnamespace
  JOIN unnest(%(schemas)s::text[], %(tables)s::text[], %(columns)s::text[]) w(schema, relation, name)
    ON w.schema = n.nspname AND w.relation = r.relname
  JOIN pg_attribute a ON a.attrelid = r.oid AND a.attname = w.name
 WHERE c.contype = 'c' AND c.coninhcount = 0 AND a.attnum = ANY (c.conkey)
 UNION
SELECT 'DOMAIN', format_type(t.oid, NULL), c.conname, pg_get_constraintdef(c.oid),
       obj_description(c.oid, 'pg_constraint'), c.convalidated
  FROM unnest(%(schemas)s::text[], %(tables)s::text[], %(columns)s::text[]) w(schema, relation, name)
  JOIN pg_namespace n ON n.nspname = w.schema
  JOIN pg_class r ON r.relnamespace = n.oid AND r.relname = w.relation
  JOIN pg_attribute a ON a.attrelid = r.oid AND a.attname = w.name
  JOIN made_of m ON m.type = a.atttypid
  JOIN pg_type t ON t.oid = m.below AND t.typtype = 'd'
  JOIN pg_constraint c ON c.contypid = t.oid AND c.contype = 'c'
