CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, balance numeric(15,2) CHECK (balance >= 0), balance_after numeric(15,2));
