-- What of the database's own would run as superuser in pg_amcheck: a function that looks like one of amcheck's beside it,
-- and up to 16 an event trigger that no setting turns off.
SELECT EXISTS (SELECT FROM pg_catalog.pg_extension AS e
                 JOIN pg_catalog.pg_proc AS p ON p.pronamespace = e.extnamespace
                WHERE e.extname = 'amcheck'
                  AND p.proname IN ('bt_index_check', 'bt_index_parent_check', 'gin_index_check', 'verify_heapam')
                  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                                   WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
                                     AND d.refobjid = e.oid AND d.deptype = 'e'))
       OR pg_catalog.current_setting('server_version_num')::int < 170000
          AND EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtenabled IN ('A', 'R')) AS unsafe
