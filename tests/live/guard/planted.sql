-- What the statements of grammar.py try to change: a table, a sequence, a large object, and functions that write.
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
CREATE TABLE victim (id int PRIMARY KEY, name text);
INSERT INTO victim SELECT n, 'row ' || n FROM generate_series(1, 5) n;
CREATE SEQUENCE victim_seq;
SELECT nextval('victim_seq');
CREATE MATERIALIZED VIEW victim_view AS SELECT 1 AS one;
CREATE FUNCTION evil(n int) RETURNS int LANGUAGE sql VOLATILE AS 'DELETE FROM public.victim WHERE id = n; SELECT 1';
CREATE FUNCTION evil_text(x text) RETURNS text LANGUAGE plpgsql VOLATILE AS
    $$ BEGIN INSERT INTO public.victim SELECT max(id) + 1, x FROM public.victim; RETURN x; END $$;
CREATE PROCEDURE evil_call() LANGUAGE sql AS 'DELETE FROM public.victim';
CREATE SCHEMA shop;
CREATE FUNCTION shop.lower(x text) RETURNS text LANGUAGE sql VOLATILE AS 'SELECT public.evil_text(x)';
CREATE FUNCTION shop.plus(a int, b int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT public.evil(a)';
CREATE OPERATOR shop.+ (FUNCTION = shop.plus, LEFTARG = int, RIGHTARG = int);
SELECT lo_from_bytea(4711, 'precious');
VACUUM (ANALYZE, FREEZE) victim;
