-- expects no-primary-key s.heap
-- expects no-primary-key s.nullable
CREATE SCHEMA s;
CREATE TABLE s.heap (a int);
INSERT INTO s.heap SELECT generate_series(1, 2000);
CREATE TABLE s.nullable (a int UNIQUE);
INSERT INTO s.nullable VALUES (1);
VACUUM (ANALYZE);
