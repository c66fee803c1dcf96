-- expects autovacuum-disabled s.t
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY) WITH (autovacuum_enabled = false);
INSERT INTO s.t SELECT generate_series(1, 5000);
VACUUM (ANALYZE) s.t;
