CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, a text);
INSERT INTO s.t SELECT n, repeat('x', 90) FROM generate_series(1, 50000) AS n;
DELETE FROM s.t WHERE id % 4 = 0;
CREATE TABLE s.narrow (id bigint PRIMARY KEY, a smallint, b bigint, c smallint, d timestamptz);
INSERT INTO s.narrow SELECT n, 1, n, NULL, now() FROM generate_series(1, 60000) AS n;
CREATE TABLE s.roomy (id int PRIMARY KEY, a text) WITH (fillfactor = 20);
INSERT INTO s.roomy SELECT n, repeat('x', 90) FROM generate_series(1, 20000) AS n;
VACUUM (ANALYZE);
