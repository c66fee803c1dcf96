CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, amount numeric(15,2), price_ratio float8, amount_score real, weight float8);
