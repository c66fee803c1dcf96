-- A role that looks and never writes. Run it as an administrator of the database; running it again changes nothing but
-- what is missing.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {role_text}) THEN
        CREATE ROLE {role};
    END IF;
END $$;
ALTER ROLE {role} LOGIN INHERIT CONNECTION LIMIT 10{password};
ALTER ROLE {role} SET default_transaction_read_only = on;
ALTER ROLE {role} SET statement_timeout = '60s';
ALTER ROLE {role} SET idle_in_transaction_session_timeout = '120s';
GRANT CONNECT ON DATABASE {database} TO {role};
