"""With what a live database knows of its functions, attribute notation and overloads hide nothing."""

from common.config.settings import Settings
from tests.conftest import Database
from tools.postgres.connection import Postgres
from tools.postgres.guard import judge
from tools.postgres.guard.known import known

SCHEMA = """
CREATE EXTENSION pg_trgm;
CREATE TABLE users (id int, name text);
CREATE FUNCTION touch(u users) RETURNS int LANGUAGE sql VOLATILE AS 'DELETE FROM users WHERE id = u.id; SELECT 1';
CREATE FUNCTION label(u users) RETURNS text LANGUAGE sql STABLE AS 'SELECT u.name';
CREATE FUNCTION round(x float8, digits int) RETURNS numeric LANGUAGE sql AS 'SELECT pg_catalog.round(x::numeric, digits)';
CREATE FUNCTION similarity(a int, b int) RETURNS int LANGUAGE sql VOLATILE AS 'DELETE FROM users; SELECT 1';
"""


async def test_functions_of_the_database(any_database: Database) -> None:
    any_database.execute(SCHEMA)
    async with await Postgres.connect(any_database.dsn, Settings()) as postgres, postgres.session() as session:
        found = await known(session, trusted=frozenset({"public.round"}))
    assert found.functions == {
        "public.touch": "v",
        "public.label": "s",
        "public.round": "v",
        "public.similarity": "v",
    }
    assert not judge("SELECT u.touch FROM users u", found).allowed
    assert not judge("SELECT touch(u) FROM users u", found).allowed
    assert not judge("SELECT similarity(1, 2)", found).allowed
    assert not judge("SELECT public.similarity(1, 2)", found).allowed
    assert judge("SELECT u.label, round(1.5::float8, 1) FROM users u", found).allowed
    assert judge("SELECT name % 'x', word_similarity(name, 'x') FROM users", found).allowed
