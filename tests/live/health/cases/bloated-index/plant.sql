-- expects bloated-index s.t_a
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, a text);
INSERT INTO s.t SELECT n, md5(n::text) FROM generate_series(1, 20000) AS n;
CREATE INDEX t_a ON s.t (a) WITH (fillfactor = 10);
ALTER INDEX s.t_a RESET (fillfactor);
VACUUM (ANALYZE) s.t;
