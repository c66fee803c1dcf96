-- expects balance-without-check s.t.balance
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, balance numeric(15,2));
