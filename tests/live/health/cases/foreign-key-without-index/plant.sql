-- expects foreign-key-without-index s.child.a,b
CREATE SCHEMA s;
CREATE TABLE s.parent (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE s.child (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES s.parent ON DELETE CASCADE);
CREATE INDEX ON s.child (a, id, b);
INSERT INTO s.parent SELECT n, n FROM generate_series(1, 10) AS n;
INSERT INTO s.child SELECT n, n % 10 + 1, n % 10 + 1 FROM generate_series(1, 5000) AS n;
VACUUM (ANALYZE);
