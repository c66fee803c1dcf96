SELECT current_database()::text AS database, system_identifier::text AS system_identifier FROM pg_control_system()
