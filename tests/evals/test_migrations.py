"""Sixty migrations on a payment service with tables of up to three million rows: right by what `migrations.toml` says."""

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from common.config.settings import Settings
from tests.conftest import Server
from tests.live.rehearsal.conftest import Shop
from tests.live.rehearsal.ground import Ground, grounds
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.verdict import Report

HERE = Path(__file__).parent
MIGRATIONS: list[dict[str, Any]] = tomllib.loads((HERE / "migrations.toml").read_text())["migration"]
TABLES = ["accounts", "audit", "currencies", "customers", "daily", "entries", "events", "transfers"]
COPIED = 10_000
"""Rows of a table on the copy: 300 times fewer than the largest has."""
BUSIEST = "SELECT id, balance FROM pay.accounts WHERE customer_id = {}"


@pytest.fixture(scope="module", params=[18, 15] if os.environ.get("DBCREW_FULL") else [18])
def world(request: pytest.FixtureRequest) -> Iterator[Shop]:
    server: Server = request.getfixturevalue(f"postgres{request.param}")
    database = server.new_database()
    owner, looker = f"owner_{database.name}", f"looker_{database.name}"
    database.execute(f"CREATE ROLE {owner}; CREATE ROLE {looker} LOGIN PASSWORD 'look' IN ROLE pg_read_all_stats")
    database.execute("CREATE EXTENSION pg_stat_statements")
    text = (HERE / "migrations_world.sql").read_text()
    before, _, vacuum = text.rpartition("VACUUM")
    database.execute(before.replace("{owner}", owner).replace("{looker}", looker))
    database.execute("VACUUM" + vacuum)
    _broken_index(database.dsn)
    with psycopg.connect(database.dsn, autocommit=True) as application:
        for number in range(200):
            application.execute(BUSIEST.format(number))  # type: ignore[arg-type]
    yield Shop(database, looker)
    database.drop()


def _broken_index(dsn: str) -> None:
    """What a CREATE INDEX CONCURRENTLY leaves behind that failed half way."""
    with psycopg.connect(dsn, autocommit=True) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("CREATE UNIQUE INDEX CONCURRENTLY transfers_reference ON pay.transfers (ref)")


@pytest.fixture(scope="module")
def ground(world: Shop) -> Iterator[Ground]:
    with grounds(world, [QualifiedName("pay", name) for name in TABLES], COPIED) as made:
        yield made


def test_there_are_sixty() -> None:
    assert len({one["name"] for one in MIGRATIONS}) == len(MIGRATIONS) == 60
    groups = [one["group"] for one in MIGRATIONS]
    assert {group: groups.count(group) for group in groups} == {"safe": 20, "locks": 20, "fails": 20}


@pytest.mark.parametrize("migration", MIGRATIONS, ids=[one["name"] for one in MIGRATIONS])
async def test_the_verdict_is_right(migration: dict[str, Any], ground: Ground, world: Shop) -> None:
    async with await Postgres.connect(world.dsn, Settings()) as live:
        report = await ground.rehearse(live, migration["up"], migration.get("down"))
    said = [
        (each.severity.value, each.code, each.statement, each.why)
        for each in report.findings
        if "squawk" not in each.code
    ]
    expected = {"safe": ["safe"], "fails": ["unsafe"]}.get(migration["group"]) or migration["verdict"]
    assert report.verdict in expected, said
    assert {*migration.get("codes", ())} <= {each.code for each in report.findings}, said
    _led_back(report, migration.get("restores", ""))


# Some of these are known by the time they take, which lies on either side of a second as the machine is busy or not.
SAME = [
    ("CREATE INDEX ON {table} ({number})", {"index-build-blocks-writes"}),
    ("ALTER TABLE {table} ALTER COLUMN {number} TYPE bigint", {"table-rewrite"}),
    ("ALTER TABLE {table} ADD CHECK ({number} < 1000000)", {"no-lock-timeout", "lock-blocks-reads"}),
    ("BEGIN; ALTER TABLE {table} ADD x int; UPDATE {table} SET x = {number}; COMMIT", {"ddl-and-backfill-together"}),
]


@pytest.mark.parametrize(("statement", "codes"), SAME)
async def test_the_same_on_three_million_rows_and_on_twenty(
    statement: str, codes: set[str], ground: Ground, world: Shop
) -> None:
    async with await Postgres.connect(world.dsn, Settings()) as live:
        large = await ground.rehearse(live, statement.format(table="pay.entries", number="amount"))
        small = await ground.rehearse(live, statement.format(table="pay.currencies", number="digits"))
    assert large.verdict != "safe"
    assert codes & ({each.code for each in large.findings} - {each.code for each in small.findings})
    assert small.verdict == "safe"
    assert "small-table-safe" in {each.code for each in small.findings}
    assert large.estimate.live_rows > 2_900_000
    assert small.estimate.live_rows == 20
    assert large.estimate.seconds > small.estimate.seconds


async def test_a_statement_that_the_server_runs_no_longer_runs(ground: Ground, world: Shop) -> None:
    rename = "SET lock_timeout = '2s'; ALTER TABLE pay.accounts RENAME COLUMN {} TO renamed"
    async with await Postgres.connect(world.dsn, Settings()) as live:
        used = await ground.rehearse(live, rename.format("balance"))
        unused = await ground.rehearse(live, rename.format("limits"))
    (said,) = [each for each in used.findings if each.code == "dependent-object-breaks"]
    assert used.verdict == "unsafe"
    assert "has run 200 times fails after this" in said.why
    assert [each.after_ms for each in used.served] == [None]
    # Counters know what ran since they were reset, not what an application will send.
    assert (unused.verdict, [each.code for each in unused.findings if each.severity == "medium"]) == (
        "careful",
        ["rename-breaks-callers"],
    )
    assert all(each.after_ms is not None for each in unused.served)


def _led_back(report: Report, wanted: str) -> None:
    if wanted in ("derived", "given"):
        assert report.down.source == wanted, report.down
        assert report.down.restores is True, (report.down.sql, report.down.differences)
    elif wanted:
        assert report.down.source == "none"
        assert wanted in report.down.reason
