-- expects unused-index s.nobody_asks
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, a int);
INSERT INTO s.t SELECT n, n FROM generate_series(1, 60000) AS n;
CREATE INDEX nobody_asks ON s.t (a);
VACUUM (ANALYZE) s.t;
DO $$ BEGIN FOR n IN 1..10001 LOOP PERFORM 1 FROM s.t WHERE id = n; END LOOP; END $$;
SELECT pg_stat_force_next_flush();
