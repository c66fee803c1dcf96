-- expects grants-to-public s.t
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY);
GRANT SELECT, DELETE ON s.t TO PUBLIC;
