SELECT pg_stat_statements_reset(0, oid, 0) FROM pg_database WHERE datname = current_database()
