CREATE SCHEMA s;
CREATE TABLE s.a (id int PRIMARY KEY, name text);
ALTER TABLE s.a ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON s.a USING (name = current_user);
CREATE POLICY staff ON s.a TO pg_monitor USING (true);
CREATE TABLE s.b (id int PRIMARY KEY, name text);
ALTER TABLE s.b ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON s.b USING (true);
CREATE POLICY but ON s.b AS RESTRICTIVE USING (name = current_user);
