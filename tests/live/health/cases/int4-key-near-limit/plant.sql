-- expects int4-key-near-limit s.by_sequence.id
-- expects int4-key-near-limit s.by_hand.id
CREATE SCHEMA s;
CREATE TABLE s.by_sequence (id serial PRIMARY KEY);
SELECT setval('s.by_sequence_id_seq', 1900000000);
INSERT INTO s.by_sequence DEFAULT VALUES;
CREATE TABLE s.by_hand (id int PRIMARY KEY);
INSERT INTO s.by_hand VALUES (2100000000);
