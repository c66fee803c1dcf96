-- expects money-as-float s.t.amount
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, amount float8);
