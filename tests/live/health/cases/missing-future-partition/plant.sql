-- expects missing-future-partition s.t
CREATE SCHEMA s;
CREATE TABLE s.t (id int, at timestamptz, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE s.t_old PARTITION OF s.t FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');
INSERT INTO s.t VALUES (1, '2020-01-02');
