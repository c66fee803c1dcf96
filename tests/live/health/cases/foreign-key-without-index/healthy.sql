CREATE SCHEMA s;
CREATE TABLE s.parent (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE s.child (id int PRIMARY KEY, a int, b int, c int UNIQUE, FOREIGN KEY (a, b) REFERENCES s.parent,
    FOREIGN KEY (c) REFERENCES s.child (c));
CREATE INDEX ON s.child (b, a, id) WHERE b IS NOT NULL;
CREATE TABLE s.few (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES s.parent);
INSERT INTO s.parent SELECT n, n FROM generate_series(1, 10) AS n;
INSERT INTO s.child SELECT n, n % 10 + 1, n % 10 + 1, n FROM generate_series(1, 5000) AS n;
INSERT INTO s.few SELECT n, 1, 1 FROM generate_series(1, 20) AS n;
VACUUM (ANALYZE);
