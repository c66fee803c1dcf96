-- Columns of these relations with what decides whether and how they are masked.
WITH RECURSIVE down(type, base, next) AS (  -- domains, down to what they are made of
    SELECT t.oid, t.oid, t.typbasetype FROM pg_type t
    UNION ALL SELECT d.type, u.oid, u.typbasetype FROM down d JOIN pg_type u ON u.oid = d.next
)
SELECT a.attrelid::bigint AS relation, a.attname AS name, a.attnum::int AS number,
       a.atttypid::regtype::text AS declared,
       b.typname AS type, e.typname AS element, coalesce(e.typtype, b.typtype)::text AS class, b.typcategory::text AS category,
       a.attnotnull AS required,
       a.attgenerated <> '' AS generated,
       a.atttypmod AS modifier,
       EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = a.attrelid AND c.contype IN ('p', 'f') AND a.attnum = ANY (c.conkey)) AS key,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indpred IS NULL
                                        AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum) AS unique,
       EXISTS (SELECT FROM pg_partitioned_table p JOIN pg_attribute k ON k.attrelid = p.partrelid AND k.attnum = ANY (p.partattrs)
                WHERE k.attname = a.attname AND p.partrelid IN (SELECT relid FROM pg_partition_ancestors(a.attrelid))) AS routes
  FROM pg_attribute a
  JOIN down o ON o.type = a.atttypid AND o.next = 0
  JOIN pg_type b ON b.oid = o.base
  LEFT JOIN down i ON i.type = b.typelem AND b.typcategory = 'A' AND i.next = 0
  LEFT JOIN pg_type e ON e.oid = i.base
 WHERE a.attrelid::bigint = ANY (%(scope)s) AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attrelid, a.attnum
