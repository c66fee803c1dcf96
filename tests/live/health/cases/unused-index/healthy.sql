-- Restored a moment ago: no index was used yet, nor was the table. Another serves a foreign key.
CREATE SCHEMA s;
CREATE TABLE s.p (id int PRIMARY KEY);
CREATE TABLE s.t (id int PRIMARY KEY, p int REFERENCES s.p);
INSERT INTO s.p SELECT n FROM generate_series(1, 100) AS n;
INSERT INTO s.t SELECT n, n % 100 + 1 FROM generate_series(1, 60000) AS n;
CREATE INDEX ON s.t (p);
CREATE TABLE s.quiet (id int PRIMARY KEY, a int);
INSERT INTO s.quiet SELECT n, n FROM generate_series(1, 60000) AS n;
CREATE INDEX ON s.quiet (a);
VACUUM (ANALYZE);
DO $$ BEGIN FOR n IN 1..10001 LOOP PERFORM 1 FROM s.t WHERE id = n; END LOOP; END $$;
SELECT pg_stat_force_next_flush();
