-- expects constraint-not-validated s.t.a_positive
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, a int);
ALTER TABLE s.t ADD CONSTRAINT a_positive CHECK (a > 0) NOT VALID;
