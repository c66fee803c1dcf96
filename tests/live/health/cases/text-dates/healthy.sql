-- One value is none, a name that says nothing of a date, and a column without values.
CREATE SCHEMA s;
CREATE TABLE s.t (id bigint PRIMARY KEY, created_at text, label text, sent_on text, looked_at text);
INSERT INTO s.t SELECT n, CASE n % 3 WHEN 0 THEN 'unknown' ELSE '2026-01-0' || n % 9 + 1 END, '2026-01-01', NULL, 'page ' || n
  FROM generate_series(1, 2000) AS n;
ANALYZE s.t;
