-- expects inactive-replication-slot nobody_reads
-- expects no-statement-timeout statement_timeout
-- expects archiving-off archive_mode
SELECT pg_create_physical_replication_slot('nobody_reads', true);
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, a text);
ALTER TABLE s.t ALTER a SET STORAGE EXTERNAL;
INSERT INTO s.t SELECT n, repeat('x', 1000000) FROM generate_series(1, 80) AS n;
TRUNCATE s.t;
