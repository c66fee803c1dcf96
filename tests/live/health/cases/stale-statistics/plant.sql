-- expects stale-statistics s.t
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY) WITH (autovacuum_analyze_threshold = 2000000000);
INSERT INTO s.t SELECT generate_series(1, 5000);
VACUUM (ANALYZE) s.t;
INSERT INTO s.t SELECT generate_series(5001, 9000);
SELECT pg_stat_force_next_flush();
