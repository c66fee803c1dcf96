"""Tables that a migration names only inside of bodies, or that only its run shows: they are on the copy."""

from collections.abc import AsyncIterator, Callable

import pytest
from psycopg.conninfo import make_conninfo

from common.config.settings import Settings
from tests.conftest import Database, Server
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal import verdict
from tools.postgres.rehearsal.verdict import rehearse

LIBRARY = """
CREATE SCHEMA lib;
CREATE TABLE lib.members (id int PRIMARY KEY, nickname text, text text);
CREATE TABLE lib.loans (id int PRIMARY KEY, back date);
CREATE TABLE lib.unrelated (text text);
INSERT INTO lib.members SELECT g FROM generate_series(1, 500) AS g;
INSERT INTO lib.loans SELECT g FROM generate_series(1, 500) AS g;
CREATE FUNCTION lib.closed() RETURNS void LANGUAGE sql AS 'UPDATE lib.loans SET back = ''2026-01-01''';
CREATE FUNCTION lib.over() RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM lib.closed(); END';
CREATE FUNCTION lib.own_path() RETURNS void LANGUAGE plpgsql SET search_path = lib
    AS 'BEGIN UPDATE members SET text = ''x''; END';
CREATE ROLE {reader} LOGIN PASSWORD 'look';
GRANT USAGE ON SCHEMA lib TO {reader};
GRANT SELECT ON ALL TABLES IN SCHEMA lib TO {reader};
ANALYZE;
"""


@pytest.fixture
async def live(any_postgres: Server, new_database: Callable[..., Database]) -> AsyncIterator[Postgres]:
    database = new_database(any_postgres)
    reader = f"reader_{database.name}"
    database.execute(LIBRARY.replace("{reader}", reader))
    dsn = make_conninfo(database.dsn, user=reader, password="look", passfile="/dev/null")
    async with await Postgres.connect(dsn, Settings()) as postgres:
        yield postgres
    database.execute(f"DROP OWNED BY {reader}; DROP ROLE {reader}")


NAMED = """
DO $$ BEGIN UPDATE lib.members SET nickname = 'x' WHERE nickname IS NULL; END $$;
CREATE FUNCTION lib.fill() RETURNS bigint LANGUAGE sql AS 'UPDATE "lib" . "members" SET text = ''x''; SELECT 1';
SELECT lib.fill();
SELECT lib.over();
CREATE PROCEDURE lib.p() LANGUAGE plpgsql AS 'BEGIN DELETE FROM lib.loans WHERE id = 1; COMMIT; END';
CALL lib.p();
"""
PUT_TOGETHER = "DO $$ BEGIN EXECUTE 'UPDATE lib.' || 'lo' || 'ans SET back = NULL'; END $$"
ONLY_ITS_RUN_SHOWS = f"{PUT_TOGETHER}; SELECT lib.own_path()"


@pytest.mark.once
@pytest.mark.parametrize("up", [NAMED, ONLY_ITS_RUN_SHOWS], ids=["named", "only its run shows"])
async def test_what_only_a_body_names_is_on_the_copy(live: Postgres, up: str) -> None:
    report = await rehearse(live, up, settings=Settings())
    assert [each.error for each in report.steps if each.error] == []
    assert [each.name for each in report.tables] == ["lib.loans", "lib.members"]
    assert "not-possible-here" not in [each.code for each in report.findings]


@pytest.mark.once
async def test_what_cannot_be_copied_is_no_fault_of_the_statement(
    live: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdict, "_TRIES", 1)
    report = await rehearse(live, PUT_TOGETHER, settings=Settings())
    (found,) = (each for each in report.findings if each.code == "not-possible-here")
    assert "could not be looked into: the live server has lib.loans, the copy has not" in found.why
    assert "SELECT FROM lib.loans LIMIT 0;" in found.remedy
    assert "Correct" not in found.remedy
    assert report.verdict == "unsafe"
    wrong = await rehearse(live, "DO $$ BEGIN UPDATE lib.nothere SET x = 1; END $$", settings=Settings())
    assert [each.remedy for each in wrong.findings if each.code == "not-possible-here"] == [
        "Correct statement 1 (line 1)."
    ]
