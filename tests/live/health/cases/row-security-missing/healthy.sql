CREATE SCHEMA s;
CREATE TABLE s.a (id int PRIMARY KEY, tenant_id int);
ALTER TABLE s.a ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON s.a USING (tenant_id = current_setting('app.tenant')::int);
CREATE TABLE s.currencies (id int PRIMARY KEY, name text);
CREATE SCHEMA without;
CREATE TABLE without.b (id int PRIMARY KEY, tenant_id int);
