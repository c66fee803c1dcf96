SELECT c.oid::bigint AS oid, obj_description(c.oid, 'pg_class') AS comment,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,
       (SELECT count(*) FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid) AS partitions,
       c.relrowsecurity AS row_security
FROM pg_catalog.pg_class c
WHERE c.oid = ANY (%(oids)s::oid[])
