CREATE ROLE wallet_app NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
ALTER ROLE wallet_app SET statement_timeout = '30s';
ALTER ROLE wallet_app SET lock_timeout = '5s';
ALTER ROLE wallet_app SET idle_in_transaction_session_timeout = '60s';
COMMENT ON ROLE wallet_app IS 'The application of the dbcrew sample world.';
