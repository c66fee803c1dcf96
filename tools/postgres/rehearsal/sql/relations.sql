SELECT c.oid::bigint AS oid,
       n.nspname AS schema,
       c.relname AS name,
       c.relkind::text AS kind,
       coalesce(pg_partition_root(c.oid)::oid, c.oid)::bigint AS tree,
       c.reltuples::float8 AS reltuples,
       c.relpages AS relpages,
       CASE WHEN c.relkind IN ('r', 'm')
            THEN pg_relation_size(c.oid) / current_setting('block_size')::int ELSE 0 END AS pages,
       CASE WHEN c.relkind IN ('r', 'm', 'p')
            THEN pg_total_relation_size(c.oid) ELSE 0 END AS total_bytes,
       has_schema_privilege(n.oid, 'USAGE')
           AND (c.relkind = 'S' OR has_table_privilege(c.oid, 'SELECT')) AS readable,
       c.relkind <> 'S' AND row_security_active(c.oid) AS filtered,
       (SELECT quote_ident(s.srvname) FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver
         WHERE f.ftrelid = c.oid) AS server
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.oid::bigint = ANY (%(scope)s)
   AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
   AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
