SELECT parent.label AS parent,
       parent.quoted AS parent_quoted,
       parent.schema AS schema,
       parent.name AS parent_name,
       child.name AS child_name,
       quote_ident(a.attname) AS key,
       (SELECT string_agg(quote_ident(column_of.attname), ', ' ORDER BY column_of.attnum)
          FROM pg_catalog.pg_attribute AS column_of
         WHERE column_of.attrelid = parent.oid AND column_of.attnum > 0 AND NOT column_of.attisdropped
           AND column_of.attgenerated = '') AS columns,
       child.label AS child,
       child.quoted AS child_quoted,
       p.partstrat::text AS strategy,
       p.partnatts AS keys,
       p.partdefid <> 0 AS has_default,
       p.partdefid = child.oid AS is_default,
       format_type(a.atttypid, NULL) AS key_type,
       child.live_rows AS live_rows,
       pg_stat_get_tuples_inserted(child.oid) AS inserted,
       pg_get_expr(c.relpartbound, c.oid) AS bound
  FROM pg_catalog.pg_partitioned_table AS p
  JOIN own AS parent ON parent.oid = p.partrelid
  JOIN pg_catalog.pg_inherits AS h ON h.inhparent = p.partrelid
  JOIN own AS child ON child.oid = h.inhrelid
  JOIN pg_catalog.pg_class AS c ON c.oid = child.oid
  LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = parent.oid AND a.attnum = (p.partattrs::int2[])[0]
 ORDER BY parent, child
