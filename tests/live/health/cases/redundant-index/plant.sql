-- expects redundant-index s.only_a
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, a int, b int);
CREATE INDEX only_a ON s.t (a);
CREATE INDEX a_and_b ON s.t (a, b);
