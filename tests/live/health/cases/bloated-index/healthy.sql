CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, a text, b text);
CREATE INDEX ON s.t (a);
CREATE INDEX ON s.t (b);
INSERT INTO s.t SELECT n, md5(n::text), 'always the same words here' FROM generate_series(1, 60000) AS n;
VACUUM (ANALYZE) s.t;
