-- expects row-security-missing s.b
-- expects row-security-missing s.c
CREATE SCHEMA s;
CREATE TABLE s.a (id int PRIMARY KEY, tenant_id int);
ALTER TABLE s.a ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON s.a USING (tenant_id = current_setting('app.tenant')::int);
CREATE TABLE s.b (id int PRIMARY KEY, tenant_id int);
CREATE TABLE s.c (id int PRIMARY KEY, name text);
CREATE POLICY own ON s.c USING (name = current_user);
