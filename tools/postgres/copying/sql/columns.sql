-- Columns of these relations with what decides whether and how they are masked.
SELECT a.attrelid::bigint AS relation, a.attname AS name, a.attnum::int AS number,
       a.atttypid::regtype::text AS declared,
       b.typname AS type, e.typname AS element, b.typtype::text AS class, b.typcategory::text AS category,
       a.attnotnull AS required,
       a.attgenerated <> '' AS generated,
       a.atttypmod AS modifier,
       EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = a.attrelid AND c.contype IN ('p', 'f') AND a.attnum = ANY (c.conkey)) AS key,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indpred IS NULL
                                        AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum) AS unique,
       EXISTS (SELECT FROM pg_partitioned_table p JOIN pg_attribute k ON k.attrelid = p.partrelid AND k.attnum = ANY (p.partattrs)
                WHERE k.attname = a.attname AND p.partrelid IN (SELECT relid FROM pg_partition_ancestors(a.attrelid))) AS routes
  FROM pg_attribute a
  JOIN pg_type t ON t.oid = a.atttypid
  JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN (
           WITH RECURSIVE down(oid, base) AS (
               SELECT t.oid, t.typbasetype
               UNION ALL SELECT u.oid, u.typbasetype FROM down d JOIN pg_type u ON u.oid = d.base WHERE d.base <> 0)
           SELECT oid FROM down WHERE base = 0) ELSE t.oid END
  LEFT JOIN pg_type e ON e.oid = b.typelem AND b.typcategory = 'A'
 WHERE a.attrelid::bigint = ANY (%(scope)s) AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attrelid, a.attnum
