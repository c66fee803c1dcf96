-- expects unlogged-table s.t
CREATE SCHEMA s;
CREATE UNLOGGED TABLE s.t (id int PRIMARY KEY);
INSERT INTO s.t VALUES (1);
