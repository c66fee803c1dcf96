CREATE SCHEMA s;
CREATE TABLE s.documents (id int PRIMARY KEY, body bytea);
ALTER TABLE s.documents ALTER body SET STORAGE EXTERNAL;
INSERT INTO s.documents SELECT n, decode(repeat('00', 4000), 'hex') FROM generate_series(1, 3000) AS n;
VACUUM (ANALYZE) s.documents;
