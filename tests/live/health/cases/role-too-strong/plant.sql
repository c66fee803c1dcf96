-- expects role-too-strong strong_app
-- expects role-too-strong reads_past
CREATE ROLE strong_app LOGIN;
GRANT pg_execute_server_program TO strong_app;
CREATE ROLE reads_past LOGIN BYPASSRLS;
