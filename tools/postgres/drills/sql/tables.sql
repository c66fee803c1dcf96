SELECT n.nspname || '.' || c.relname AS "table",
       n.nspname::text AS schema,
       c.relname::text AS name,
       greatest(c.reltuples, pg_stat_get_live_tuples(c.oid), 0)::bigint AS estimate,
       pg_relation_size(c.oid)::bigint AS size_bytes,
       has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
           AND NOT (c.relrowsecurity AND NOT pg_has_role(c.relowner, 'USAGE')) AS readable,
       t.name AS time_column,
       coalesce(t.indexed, false) AS indexed
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  -- The one time column that says best when a row came: an indexed one first, then the one named for it.
  LEFT JOIN LATERAL (
      SELECT a.attname::text AS name,
             EXISTS (SELECT FROM pg_catalog.pg_index AS i
                       JOIN pg_catalog.pg_class AS ic ON ic.oid = i.indexrelid
                       JOIN pg_catalog.pg_am AS am ON am.oid = ic.relam AND am.amname = 'btree'
                      WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL
                        AND (i.indkey::int2[])[0] = a.attnum) AS indexed
        FROM pg_catalog.pg_attribute AS a
       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype)
       ORDER BY 2 DESC, a.attname ~ '^(created|inserted|placed|recorded|occurred|logged)' DESC, a.attnum
       LIMIT 1) AS t ON true
 WHERE c.relkind = 'r'
   AND c.relpersistence = 'p'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY c.reltuples, n.nspname, c.relname
