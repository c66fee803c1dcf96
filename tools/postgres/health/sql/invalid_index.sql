SELECT n.nspname || '.' || c.relname AS object,
       own.label AS "table",
       i.indisunique AS is_unique,
       c.relpages::bigint * current_setting('block_size')::bigint AS size_bytes,
       CASE
           -- What REINDEX CONCURRENTLY leaves behind when it fails.
           WHEN c.relname ~ '_cc(new|old)\d*$' THEN format('DROP INDEX CONCURRENTLY %I.%I;', n.nspname, c.relname)
           WHEN c.relkind = 'I' THEN format('-- attach an index of every partition to %I.%I: '
               'CREATE INDEX CONCURRENTLY on each, then ALTER INDEX … ATTACH PARTITION …', n.nspname, c.relname)
           WHEN i.indisunique THEN format(E'DROP INDEX CONCURRENTLY %I.%I;\n-- remove the duplicates, then: %s;',
               n.nspname, c.relname,
               replace(pg_get_indexdef(i.indexrelid), 'CREATE UNIQUE INDEX ', 'CREATE UNIQUE INDEX CONCURRENTLY '))
           ELSE format('REINDEX INDEX CONCURRENTLY %I.%I;', n.nspname, c.relname)
       END AS remedy
  FROM own
  JOIN pg_catalog.pg_index AS i ON i.indrelid = own.oid
  JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)
   -- One that is being built right now holds this lock on its table.
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks AS l
                    WHERE l.locktype = 'relation' AND l.relation = own.oid AND l.granted
                      AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock')
                      AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
 ORDER BY object
