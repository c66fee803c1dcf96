SELECT k.conrelid::bigint AS oid, k.conname AS name,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS x(num, nr)
             JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = x.num ORDER BY x.nr) AS columns,
       format('%%I.%%I', n.nspname, f.relname) AS target
FROM pg_constraint AS k
JOIN pg_class AS f ON f.oid = k.confrelid
JOIN pg_namespace AS n ON n.oid = f.relnamespace
WHERE k.contype = 'f' AND k.conrelid = ANY (%(oids)s::oid[])
ORDER BY k.conrelid, k.conname
