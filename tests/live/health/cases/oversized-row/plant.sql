-- expects oversized-row s.documents
CREATE SCHEMA s;
CREATE TABLE s.documents (id int PRIMARY KEY, body bytea);
ALTER TABLE s.documents ALTER body SET STORAGE EXTERNAL;
INSERT INTO s.documents SELECT n, decode(repeat('00', 1 << 20), 'hex') FROM generate_series(1, 70) AS n;
VACUUM (ANALYZE) s.documents;
