-- The encoding is said each time: behind a pooler DISCARD ALL leaves the database's own.
-- pg_catalog stands first, so that nobody's function takes a built-in one's place; then the role's own path.
SELECT set_config('statement_timeout', %(statement_timeout)s, true),
       set_config('lock_timeout', %(lock_timeout)s, true),
       set_config('idle_in_transaction_session_timeout', %(idle_timeout)s, true),
       set_config('search_path',
                  concat_ws(', ', 'pg_catalog', nullif(current_setting('search_path'), ''), 'pg_temp'), true),
       set_config('DateStyle', 'ISO', true),
       set_config('IntervalStyle', 'postgres', true),
       set_config('bytea_output', 'hex', true),
       set_config('client_encoding', %(encoding)s, true)
