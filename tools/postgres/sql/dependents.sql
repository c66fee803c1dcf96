-- What hangs on a relation, or on one column of it (%(attnum)s), by the server's own record of dependencies.
-- how: `in the way` (a plain DROP fails, CASCADE takes it along), `goes too` (even without CASCADE), `feeds` (rows pass through).
WITH RECURSIVE it AS (
    SELECT %(oid)s::oid AS oid, %(attnum)s::int AS attnum
), dependent_view AS (
    SELECT r.ev_class AS oid, 1 AS depth
    FROM it
    JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = it.oid
                               AND (it.attnum IS NULL OR d.refobjsubid = it.attnum)
    JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    WHERE r.ev_class <> it.oid
    UNION
    SELECT r.ev_class, v.depth + 1
    FROM dependent_view v
    JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = v.oid
    JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    WHERE r.ev_class <> v.oid AND v.depth < 20
), direct AS (
    SELECT DISTINCT d.classid, d.objid, d.deptype
    FROM it
    JOIN pg_catalog.pg_class c ON c.oid = it.oid
    JOIN pg_catalog.pg_depend d ON (d.refclassid = 'pg_class'::regclass AND d.refobjid = it.oid
                                    AND (it.attnum IS NULL OR d.refobjsubid = it.attnum))
                                OR (it.attnum IS NULL AND d.refclassid = 'pg_type'::regclass AND d.refobjid = c.reltype)
)
SELECT DISTINCT kind, name, how FROM (
    SELECT CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END AS kind, v.oid::regclass::text AS name,
           'in the way' AS how
    FROM dependent_view v JOIN pg_catalog.pg_class c ON c.oid = v.oid WHERE c.relkind IN ('v', 'm')
    UNION ALL
    SELECT 'foreign key', k.conrelid::regclass::text || '.' || k.conname, 'in the way'
    FROM it JOIN pg_catalog.pg_constraint k ON k.contype = 'f' AND k.confrelid = it.oid
    WHERE k.conrelid <> it.oid AND k.conparentid = 0 AND (it.attnum IS NULL OR it.attnum = ANY (k.confkey))
    UNION ALL
    SELECT 'foreign key', k.conrelid::regclass::text || '.' || k.conname, 'goes too'
    FROM it JOIN pg_catalog.pg_constraint k ON k.contype = 'f' AND k.conrelid = it.oid
    WHERE k.conparentid = 0 AND (it.attnum IS NULL OR it.attnum = ANY (k.conkey))
    UNION ALL
    SELECT 'check constraint', k.conname, 'goes too'
    FROM it JOIN pg_catalog.pg_constraint k ON k.contype = 'c' AND k.conrelid = it.oid
    WHERE it.attnum = ANY (k.conkey)
    UNION ALL
    SELECT 'function', d.objid::regprocedure::text, 'in the way' FROM direct d WHERE d.classid = 'pg_proc'::regclass
    UNION ALL
    SELECT 'trigger', t.tgname || ' on ' || t.tgrelid::regclass::text, CASE WHEN t.tgrelid = it.oid AND it.attnum IS NULL
                                                                  THEN 'goes too' ELSE 'in the way' END
    FROM it JOIN pg_catalog.pg_trigger t ON NOT t.tgisinternal
    WHERE (t.tgrelid = it.oid AND it.attnum IS NULL)
       OR t.oid IN (SELECT d.objid FROM direct d WHERE d.classid = 'pg_trigger'::regclass)
    UNION ALL
    SELECT 'policy', p.polname || ' on ' || p.polrelid::regclass::text, CASE WHEN p.polrelid = it.oid AND it.attnum IS NULL
                                                                   THEN 'goes too' ELSE 'in the way' END
    FROM it JOIN pg_catalog.pg_policy p ON (p.polrelid = it.oid AND it.attnum IS NULL)
                              OR p.oid IN (SELECT d.objid FROM direct d WHERE d.classid = 'pg_policy'::regclass)
    UNION ALL
    SELECT 'rule', r.rulename || ' on ' || r.ev_class::regclass::text, CASE WHEN r.ev_class = it.oid THEN 'goes too' ELSE 'in the way' END
    FROM it JOIN direct d ON d.classid = 'pg_rewrite'::regclass
    JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND r.rulename <> '_RETURN'
    UNION ALL
    SELECT 'index', i.indexrelid::regclass::text, 'goes too'
    FROM it JOIN pg_catalog.pg_index i ON i.indrelid = it.oid AND it.attnum = ANY (i.indkey::smallint[])
    UNION ALL
    SELECT 'generated column', a.attname::text, 'in the way'
    FROM it JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = it.oid
                                       AND d.refobjsubid = it.attnum AND d.classid = 'pg_attrdef'::regclass
    JOIN pg_catalog.pg_attrdef e ON e.oid = d.objid
    JOIN pg_catalog.pg_attribute a ON a.attrelid = e.adrelid AND a.attnum = e.adnum AND a.attgenerated <> ''
    WHERE e.adnum <> it.attnum
    UNION ALL
    SELECT 'column of its row type', a.attrelid::regclass::text || '.' || a.attname, 'in the way'
    FROM it JOIN pg_catalog.pg_class c ON c.oid = it.oid
    JOIN pg_catalog.pg_type y ON y.oid = c.reltype OR y.typelem = c.reltype AND y.typelem <> 0
    JOIN pg_catalog.pg_attribute a ON a.atttypid = y.oid AND NOT a.attisdropped
    JOIN pg_catalog.pg_class h ON h.oid = a.attrelid AND h.relkind IN ('r', 'p', 'm', 'f')
    WHERE it.attnum IS NULL
    UNION ALL
    SELECT 'sequence', s.oid::regclass::text, 'goes too'
    FROM it JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = it.oid
                                       AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
                                       AND (it.attnum IS NULL OR d.refobjsubid = it.attnum)
    JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    UNION ALL
    SELECT CASE c.relispartition WHEN true THEN 'partition' ELSE 'child table' END, h.inhrelid::regclass::text,
           CASE c.relispartition WHEN true THEN 'goes too' ELSE 'in the way' END
    FROM it JOIN pg_catalog.pg_inherits h ON h.inhparent = it.oid JOIN pg_catalog.pg_class c ON c.oid = h.inhrelid
    WHERE it.attnum IS NULL
    UNION ALL
    SELECT 'partition of', h.inhparent::regclass::text, 'feeds'
    FROM it JOIN pg_catalog.pg_inherits h ON h.inhrelid = it.oid WHERE it.attnum IS NULL
    UNION ALL
    SELECT 'publication', p.pubname::text, 'feeds'
    FROM it JOIN pg_catalog.pg_class c ON c.oid = it.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_publication_tables p ON p.schemaname = n.nspname AND p.tablename = c.relname
    WHERE it.attnum IS NULL OR coalesce(to_jsonb(p) -> 'attnames' ? (
        SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = it.oid AND a.attnum = it.attnum), true)
    UNION ALL
    SELECT 'subscription', s.subname::text, 'feeds'
    FROM it JOIN pg_catalog.pg_subscription_rel r ON r.srrelid = it.oid JOIN pg_catalog.pg_subscription s ON s.oid = r.srsubid
    UNION ALL
    SELECT 'extension', e.extname::text, 'in the way'
    FROM it JOIN pg_catalog.pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = it.oid AND d.deptype = 'e'
    JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
) AS every
ORDER BY how, kind, name
LIMIT 500
