-- Which running server this is: a clone of its files shares the identifier, not the time of the start.
SELECT (SELECT s.system_identifier::text FROM pg_control_system() s) || ' ' || pg_postmaster_start_time()::text AS identity
