-- expects table-unpartitioned-and-huge s.t
-- Counts as of the last VACUUM of a table that is not so large here.
CREATE SCHEMA s;
CREATE TABLE s.t (id bigint PRIMARY KEY, created_at timestamptz) WITH (autovacuum_enabled = true);
UPDATE pg_class SET reltuples = 600000000, relpages = 4000 WHERE oid = 's.t'::regclass;
