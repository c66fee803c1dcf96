CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY) WITH (autovacuum_enabled = true);
INSERT INTO s.t SELECT generate_series(1, 5000);
CREATE TABLE s.lookup (id int PRIMARY KEY) WITH (autovacuum_enabled = false);
INSERT INTO s.lookup VALUES (1);
VACUUM (ANALYZE);
