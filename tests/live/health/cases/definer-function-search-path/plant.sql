-- expects definer-function-search-path s.f
CREATE SCHEMA s;
CREATE FUNCTION s.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
