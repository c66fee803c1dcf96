-- expects sequence-near-limit s.numbers
CREATE SCHEMA s;
CREATE SEQUENCE s.numbers MAXVALUE 1000;
SELECT setval('s.numbers', 900);
