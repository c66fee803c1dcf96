-- expects row-security-always-true s.a
CREATE SCHEMA s;
CREATE TABLE s.a (id int PRIMARY KEY, name text);
ALTER TABLE s.a ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON s.a USING (true);
