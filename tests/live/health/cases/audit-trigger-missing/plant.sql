-- expects audit-trigger-missing s.c
CREATE SCHEMA s;
CREATE TABLE s.a (id int PRIMARY KEY, amount numeric);
CREATE TABLE s.b (id int PRIMARY KEY, amount numeric);
CREATE TABLE s.c (id int PRIMARY KEY, amount numeric);
CREATE FUNCTION s.audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER a AFTER UPDATE ON s.a FOR EACH ROW EXECUTE FUNCTION s.audit();
CREATE TRIGGER b AFTER UPDATE ON s.b FOR EACH ROW EXECUTE FUNCTION s.audit();
