-- expects dead-tuples s.t
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, a int) WITH (autovacuum_vacuum_threshold = 2000000000);
INSERT INTO s.t SELECT n, n FROM generate_series(1, 5000) AS n;
VACUUM (ANALYZE) s.t;
UPDATE s.t SET a = 0 WHERE id <= 2500;
ANALYZE s.t;
