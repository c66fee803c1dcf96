-- expects default-partition-growing s.t_rest
CREATE SCHEMA s;
CREATE TABLE s.t (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE s.t_all PARTITION OF s.t FOR VALUES FROM ('2020-01-01') TO ('2199-01-01');
CREATE TABLE s.t_rest PARTITION OF s.t DEFAULT;
INSERT INTO s.t VALUES (1, '2026-01-01'), (2, '1999-01-01');
