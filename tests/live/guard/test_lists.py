"""The guard's lists against the servers they were made from, and its everyday reads against a real schema."""

from pathlib import Path

import psycopg
import pytest

from tests.conftest import Server
from tools.postgres.guard import judge
from tools.postgres.guard.names import BUILTINS, DENIED, FIELDS, HARMLESS, OPERATORS
from tools.postgres.guard.refresh import allowed, column, functions
from tools.postgres.statements import split

READS = Path(__file__).parents[2] / "unit" / "guard"


@pytest.fixture(params=["postgres18", "postgres15"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


async def test_functions_are_those_of_the_server(server: Server) -> None:
    """What is listed is callable here or on the other version, and all that this version allows is listed."""
    found = await functions(server.dsn)
    assert allowed(found) == BUILTINS & found.keys()
    volatile = {name for name, volatility in found.items() if volatility == "3"}
    # amvalidate checks an operator class; nobody asks for it, and it reads catalogues only.
    assert volatile - DENIED.keys() - HARMLESS == {"amvalidate"}


async def test_operators_and_fields_are_those_of_the_server(server: Server) -> None:
    assert await column(server.dsn, "operators") <= OPERATORS
    assert await column(server.dsn, "fields") <= FIELDS


def test_everyday_reads_run(server: Server) -> None:
    """They are real statements: each one that the guard passes runs, or is prepared where it has parameters."""
    database = server.new_database()
    try:
        database.execute((READS / "schema.sql").read_text(encoding="utf-8"))
        files = ["reads", *(["reads18"] if server.major >= 17 else [])]
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            for statement in (s for name in files for s in split((READS / f"{name}.sql").read_text(encoding="utf-8"))):
                assert judge(statement.text).allowed
                if "$1" in statement.text:
                    connection.execute(f"PREPARE p AS {statement.text}".encode())
                else:
                    connection.execute(statement.text.encode())
    finally:
        database.drop()
