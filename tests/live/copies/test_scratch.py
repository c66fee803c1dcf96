"""Copies on a scratch server of the user's own: only with our mark, never on the live server, nothing left there."""

import re
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from common.config.settings import Settings
from common.errors import Refused, Unreachable
from tests.conftest import Database, Server
from tests.live.copies.conftest import People
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.copy import copy_of
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.verdict import rehearse

CUSTOMERS = QualifiedName("crm", "customers")
OURS = "SELECT datname FROM pg_database WHERE datname LIKE 'dbcrew\\_copy%' UNION ALL"
OURS += " SELECT rolname FROM pg_roles WHERE rolname LIKE 'dbcrew\\_copy%'"


@pytest.fixture
def staging(any_postgres: Server, request: pytest.FixtureRequest) -> Iterator[tuple[Database, str]]:
    """A database on the other server, and the DSN of somebody there who may make databases and roles."""
    server: Server = request.getfixturevalue("postgres15" if any_postgres.major >= 18 else "postgres18")
    database = server.new_database()
    role = f"staging_{database.name}"
    database.execute(
        f"CREATE ROLE {role} LOGIN PASSWORD 'stage' CREATEDB CREATEROLE; GRANT CREATE ON DATABASE {database.name} TO {role}"
    )
    yield database, make_conninfo(database.dsn, user=role, password="stage", passfile="/dev/null")
    database.drop()
    server.execute(f"DROP ROLE {role}")


def rows(dsn: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


async def test_a_marked_scratch_server_holds_the_copy_and_nothing_after_it(
    people: People, live: Postgres, staging: tuple[Database, str]
) -> None:
    database, dsn = staging
    settings = Settings(postgresql_copy_dsn=dsn)
    assert "stage" not in repr(settings)
    with pytest.raises(Refused, match="CREATE SCHEMA dbcrew_scratch") as refused:
        async with copy_of(live, [CUSTOMERS], settings=settings):
            pass
    assert rows(database.dsn, OURS) == []
    command = re.search(r"CREATE SCHEMA .*;", str(refused.value))
    assert command is not None
    # Anybody's schema of that name is no mark.
    rows(database.dsn, "CREATE SCHEMA dbcrew_scratch")
    with pytest.raises(Refused, match="not marked"):
        async with copy_of(live, [CUSTOMERS], settings=settings):
            pass
    rows(database.dsn, "DROP SCHEMA dbcrew_scratch")
    rows(dsn, command[0])
    # What a run that was killed left there; what another one is using.
    rows(dsn, "CREATE ROLE dbcrew_copy_dead")
    rows(dsn, "CREATE DATABASE dbcrew_copy_dead")
    email = people.ask("SELECT email FROM crm.customers WHERE id = 5")[0][0]
    async with copy_of(live, [CUSTOMERS], settings=settings) as copy:
        assert copy.borrowed
        assert not [each for each in copy.missing if "pg_attver" in each]
        assert "scratch server" in copy.about
        assert sorted({str(name) for (name,) in rows(database.dsn, OURS)}) == [copy.database]
        async with await copy.connect_as_owner() as owner:
            for statement, found in (
                ("SELECT count(*) FROM crm.customers", 3000),
                (f"SELECT id FROM crm.customers WHERE email = '{email}'", 5),
            ):
                row = await (await owner.execute(statement.encode())).fetchone()
                assert row == (found,), statement
            assert owner.info.parameter_status("is_superuser") != "on"
        async with await copy.connect() as keeper:
            cursor = await keeper.execute("SELECT count(*) FROM crm.customers WHERE email ~ 'planted'")
            assert await cursor.fetchone() == (0,)
        async with copy_of(live, [CUSTOMERS], settings=settings) as second:
            assert len(rows(database.dsn, OURS)) == 4
            assert second.database != copy.database
    assert rows(database.dsn, OURS) == []


async def test_a_rehearsal_there_says_which_rights_it_lacks_and_works_with_them(
    people: People, live: Postgres, staging: tuple[Database, str]
) -> None:
    database, dsn = staging
    settings = Settings(postgresql_copy_dsn=dsn, postgresql_copy="rows")
    up = "ALTER TABLE crm.letters ADD COLUMN more int"
    with pytest.raises(Refused, match="not marked"):
        await rehearse(live, up, settings=settings)
    rows(dsn, "CREATE SCHEMA dbcrew_scratch")
    with pytest.raises(Refused, match="may not set session_replication_role") as refused:
        await rehearse(live, up, settings=settings)
    assert rows(database.dsn, OURS) == []
    command = re.search(r"GRANT SET ON PARAMETER .*;", str(refused.value))
    assert command is not None
    rows(database.dsn, command[0])
    report = await rehearse(live, up, settings=settings)
    assert "the scratch server given" in report.copy_about
    assert [step.error for step in report.steps] == [None]
    assert report.down.restores is True
    assert rows(database.dsn, OURS) == []
    rows(database.dsn, command[0].replace("GRANT", "REVOKE").replace(" TO ", " FROM "))


async def test_the_live_server_is_never_a_scratch_server(people: People, live: Postgres) -> None:
    people.database.execute("CREATE SCHEMA dbcrew_scratch")
    try:
        for dsn in (people.database.dsn, people.database.server.dsn):
            with pytest.raises(Refused, match="is the live server itself"):
                async with copy_of(live, [CUSTOMERS], settings=Settings(postgresql_copy_dsn=dsn)):
                    pass
    finally:
        people.database.execute("DROP SCHEMA dbcrew_scratch")
    assert rows(people.database.dsn, OURS) == []
    with pytest.raises(Unreachable):
        async with copy_of(live, [CUSTOMERS], settings=Settings(postgresql_copy_dsn="host=127.0.0.1 port=1 user=x")):
            pass
