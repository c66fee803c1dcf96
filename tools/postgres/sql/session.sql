-- The encoding is said each time: behind a pooler DISCARD ALL leaves the database's own.
-- pg_catalog stands first, so that nobody's function takes a built-in one's place; then the role's own path. Until that is
-- so, each name is written with its schema: a role's path may have pg_catalog last, after somebody's own `=`.
SELECT pg_catalog.set_config('statement_timeout', %(statement_timeout)s, true),
       pg_catalog.set_config('lock_timeout', %(lock_timeout)s, true),
       pg_catalog.set_config('idle_in_transaction_session_timeout', %(idle_timeout)s, true),
       pg_catalog.set_config('search_path',
                             pg_catalog.concat_ws(', ', 'pg_catalog',
                                                  CASE WHEN pg_catalog.length(pg_catalog.current_setting('search_path'))
                                                            OPERATOR(pg_catalog.>) 0
                                                       THEN pg_catalog.current_setting('search_path') END,
                                                  'pg_temp'), true),
       pg_catalog.set_config('DateStyle', 'ISO', true),
       pg_catalog.set_config('IntervalStyle', 'postgres', true),
       pg_catalog.set_config('bytea_output', 'hex', true),
       pg_catalog.set_config('client_encoding', %(encoding)s, true)
