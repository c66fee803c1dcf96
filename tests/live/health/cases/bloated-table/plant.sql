-- expects bloated-table s.t
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, a text);
INSERT INTO s.t SELECT n, repeat('x', 90) FROM generate_series(1, 50000) AS n;
DELETE FROM s.t WHERE id % 10 <> 0;
VACUUM (ANALYZE) s.t;
REINDEX TABLE s.t;
