-- expects duplicate-index s.b_again
-- expects duplicate-index s.a_plain
CREATE SCHEMA s;
CREATE TABLE s.t (a int NOT NULL, b int, PRIMARY KEY (a));
CREATE INDEX b_first ON s.t (b);
CREATE INDEX b_again ON s.t (b);
CREATE INDEX a_plain ON s.t (a);
