-- What this session has read from end to end; told the server at the latest when it is asked for the next time.
SELECT relid::bigint, seq_tup_read FROM pg_stat_xact_all_tables WHERE seq_tup_read > 0
