-- expects timestamp-without-time-zone s.t.created_at
-- expects timestamp-without-time-zone s.t.birth_date
CREATE SCHEMA s;
CREATE TABLE s.t (id bigint PRIMARY KEY, created_at text, birth_date varchar(10), note text);
INSERT INTO s.t SELECT n, (timestamp '2026-01-01' + n * interval '7 minutes')::text, (date '1970-01-01' + n)::text, '2026-01-01'
  FROM generate_series(1, 2000) AS n;
ANALYZE s.t;
