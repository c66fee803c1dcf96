CREATE SCHEMA s;
CREATE TABLE s.t (id bigint, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE s.t_1 PARTITION OF s.t FOR VALUES FROM ('2020-01-01') TO ('2199-01-01');
UPDATE pg_class SET reltuples = 600000000, relpages = 4000 WHERE oid = 's.t_1'::regclass;
