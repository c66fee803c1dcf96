-- Every function of PostgreSQL itself that a SELECT can call by name, with its strictest volatility: 'v' when any
-- overload is volatile, else 's' or 'i'. Functions that take or return `internal` or a pseudo-type of the server's
-- own machinery cannot be called from SQL and are left out; so are input functions (`cstring`).
-- The names of base types follow: `int8(x)` is a cast written as a call.
SELECT name, max(volatility) AS volatility
FROM (
    SELECT CASE p.pronamespace WHEN 'pg_catalog'::regnamespace THEN '' ELSE 'information_schema.' END
               || p.proname AS name,
           translate(p.provolatile::text, 'isv', '123') AS volatility
    FROM pg_catalog.pg_proc AS p
    WHERE p.pronamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      AND p.prokind <> 'p'
      AND NOT EXISTS (
          SELECT FROM pg_catalog.unnest(p.proargtypes::oid[] || p.prorettype) AS u (type)
          WHERE u.type = ANY ('{internal,cstring,trigger,event_trigger,language_handler,index_am_handler,
                                table_am_handler,fdw_handler,tsm_handler}'::regtype[]::oid[]))
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_depend AS d
          WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
    UNION ALL
    SELECT t.typname, '1'
    FROM pg_catalog.pg_type AS t
    WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype IN ('b', 'r', 'm') AND t.typelem = 0
) AS callable
GROUP BY name
ORDER BY name
