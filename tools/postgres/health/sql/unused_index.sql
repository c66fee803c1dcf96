SELECT n.nspname || '.' || c.relname AS object,
       own.label AS "table",
       c.relpages::bigint * current_setting('block_size')::bigint AS size_bytes,
       pg_stat_get_numscans(own.oid)
           + (SELECT coalesce(sum(pg_stat_get_numscans(o.indexrelid)), 0)::bigint
                FROM pg_catalog.pg_index AS o WHERE o.indrelid = own.oid) AS table_scans,
       format('DROP INDEX CONCURRENTLY %I.%I;', n.nspname, c.relname) AS remedy
  FROM own
  JOIN pg_catalog.pg_index AS i ON i.indrelid = own.oid
  JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid AND c.relkind = 'i'
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE pg_stat_get_numscans(i.indexrelid) = 0
   AND i.indisvalid AND NOT i.indisunique AND NOT i.indisreplident
   AND c.relpages::bigint * current_setting('block_size')::bigint >= 1048576
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS con WHERE con.conindid = i.indexrelid)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = i.indexrelid)
   -- An index that lets a foreign key find its rows works without being counted until the day somebody deletes.
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS f
                    WHERE f.conrelid = own.oid AND f.contype = 'f' AND (i.indkey::int2[])[0] = ANY (f.conkey))
 ORDER BY c.relpages DESC
