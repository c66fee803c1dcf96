SELECT asked.name AS asked, c.oid::bigint AS oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
       c.relpersistence::text AS persistence,
       CASE WHEN c.relkind = 'p'
            THEN coalesce((SELECT sum(greatest(p.reltuples, 0)) FROM pg_partition_tree(c.oid) AS t JOIN pg_class AS p ON p.oid = t.relid
                           WHERE t.isleaf), 0)
            ELSE greatest(c.reltuples, 0) END::float8 AS rows,
       CASE WHEN c.relkind = 'p'
            THEN coalesce((SELECT sum(p.relpages) FROM pg_partition_tree(c.oid) AS t JOIN pg_class AS p ON p.oid = t.relid
                           WHERE t.isleaf), 0)
            ELSE c.relpages END::bigint * current_setting('block_size')::int AS bytes,
       c.reltuples >= 0 AS analysed, c.relrowsecurity AS row_security,
       CASE WHEN c.relkind IN ('v') THEN pg_get_viewdef(c.oid) END AS definition,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,
       ARRAY(SELECT format('%%I.%%I', pn.nspname, p.relname) FROM pg_partition_tree(c.oid) AS t
             JOIN pg_class AS p ON p.oid = t.relid JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
             WHERE c.relkind = 'p' AND t.isleaf ORDER BY 1) AS partitions,
       coalesce(s.n_tup_ins, 0) AS inserted, coalesce(s.n_tup_upd, 0) AS updated,
       coalesce(s.n_tup_del, 0) AS deleted, coalesce(s.n_tup_hot_upd, 0) AS hot_updated,
       coalesce(s.n_mod_since_analyze, 0) AS changed
FROM unnest(%(names)s::text[]) AS asked(name)
JOIN pg_class AS c ON c.oid = to_regclass(asked.name)
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_user_tables AS s ON s.relid = c.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
