, ix AS (
    SELECT i.indexrelid, i.indrelid, c.relname, c.relam, c.relpages, n.nspname,
           i.indnkeyatts AS keys, i.indnatts AS columns, i.indisunique AS is_unique, i.indisreplident AS replica,
           i.indkey::int2[] AS key, i.indclass::oid[] AS class, i.indcollation::oid[] AS collation,
           i.indoption::int2[] AS option,
           coalesce(pg_get_expr(i.indexprs, i.indrelid), '') AS expressions,
           coalesce(pg_get_expr(i.indpred, i.indrelid), '') AS predicate,
           to_jsonb(i) ->> 'indnullsnotdistinct' AS nulls_not_distinct,
           -- Primary keys, unique and exclusion constraints, and foreign keys that rely on this index.
           EXISTS (SELECT FROM pg_catalog.pg_constraint AS con WHERE con.conindid = i.indexrelid) AS backs,
           EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = i.indexrelid) AS attached
      FROM pg_catalog.pg_index AS i
      JOIN own ON own.oid = i.indrelid
      JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE i.indisvalid AND i.indisready AND i.indislive
), pairs AS (
    SELECT d.*, k.relname AS kept, k.nspname AS kept_schema,
           d.keys = k.keys AND d.columns = k.columns AS same
      FROM ix AS d
      JOIN ix AS k ON k.indrelid = d.indrelid AND k.indexrelid <> d.indexrelid AND k.relam = d.relam
                  AND k.predicate = d.predicate
     WHERE NOT d.backs AND NOT d.replica AND NOT d.attached
       AND CASE
           WHEN d.keys = k.keys AND d.columns = k.columns THEN
               d.key = k.key AND d.class = k.class AND d.collation = k.collation AND d.option = k.option
               AND d.expressions = k.expressions
               AND (NOT d.is_unique OR k.is_unique AND d.nulls_not_distinct IS NOT DISTINCT FROM k.nulls_not_distinct)
               -- Of two that could both go, the younger goes.
               AND NOT (d.indexrelid < k.indexrelid AND NOT k.backs AND NOT k.replica AND NOT k.attached
                        AND (NOT k.is_unique OR d.is_unique))
           ELSE
               d.keys < k.keys AND d.columns = d.keys AND NOT d.is_unique AND d.expressions = ''
               AND d.relam = (SELECT oid FROM pg_catalog.pg_am WHERE amname = 'btree')
               AND d.key[0:d.keys - 1] = k.key[0:d.keys - 1] AND d.class[0:d.keys - 1] = k.class[0:d.keys - 1]
               AND d.collation[0:d.keys - 1] = k.collation[0:d.keys - 1] AND d.option[0:d.keys - 1] = k.option[0:d.keys - 1]
           END
)
SELECT DISTINCT ON (p.indexrelid)
       p.nspname || '.' || p.relname AS object,
       p.same,
       p.kept_schema || '.' || p.kept AS kept,
       p.relpages::bigint * current_setting('block_size')::bigint AS size_bytes,
       format(CASE own.kind WHEN 'p' THEN 'DROP INDEX %I.%I;' ELSE 'DROP INDEX CONCURRENTLY %I.%I;' END,
              p.nspname, p.relname) AS remedy
  FROM pairs AS p
  JOIN own ON own.oid = p.indrelid
 ORDER BY p.indexrelid, p.same DESC, p.kept
