-- ANALYZE afterwards: there are dead rows, but the statistics are fresh.
ALTER TABLE wallet.sessions SET (autovacuum_vacuum_threshold = 2000000000);
UPDATE wallet.sessions SET last_seen_at = last_seen_at + interval '1 minute' WHERE id % 20 < 8;
ANALYZE wallet.sessions;
