-- expects invalid-index s.t_a_key
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, a int);
INSERT INTO s.t VALUES (1, 1), (2, 1);
CREATE UNIQUE INDEX CONCURRENTLY t_a_key ON s.t (a) -- fails
;
