CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY) WITH (autovacuum_analyze_threshold = 2000000000);
INSERT INTO s.t SELECT generate_series(1, 5000);
VACUUM (ANALYZE) s.t;
INSERT INTO s.t SELECT generate_series(5001, 5500);
-- Restored a moment ago: autovacuum has not been there yet.
CREATE TABLE s.restored (id int PRIMARY KEY);
INSERT INTO s.restored SELECT generate_series(1, 50000);
SELECT pg_stat_force_next_flush();
