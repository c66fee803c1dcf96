"""What runs on the copy decide: an index that slows a statement, what an index adds to inserts, what nothing uses."""

import math
import time
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from common.config.settings import Settings
from tools.postgres.advise.built import Built
from tools.postgres.advise.candidate import Candidate, Part
from tools.postgres.advise.costs import Query
from tools.postgres.advise.proof import Measured, Proof, prove, without_the_guilty
from tools.postgres.advise.unused import unused
from tools.postgres.connection import Postgres
from tools.postgres.plans.schema import Table, schema_of

TABLE = Table(1, "public", "t", rows=20_000.0, size_bytes=2_000_000)
INDEX = Candidate(TABLE, "public.t", "btree", (Part("v"),))
QUERY = Query(1, "SELECT id FROM t WHERE v = 7")
LONG = Query(2, "SELECT sum((SELECT max(w) FROM t WHERE v = g)) FROM generate_series(1, 4000) AS g")
"""Reads the table 4,000 times without the index."""


@pytest.fixture
async def built(database15: Any) -> AsyncIterator[Built]:
    async with (
        await psycopg.AsyncConnection.connect(database15.dsn, autocommit=True) as keeper,
        await psycopg.AsyncConnection.connect(database15.dsn, autocommit=True) as reader,
    ):
        await keeper.execute("CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL, w int NOT NULL)")
        await keeper.execute("INSERT INTO t SELECT g, g % 5000, g FROM generate_series(1, 20000) AS g")
        await keeper.execute("VACUUM ANALYZE t")
        await keeper.execute("CREATE TABLE p (id int NOT NULL, v int) PARTITION BY RANGE (id)")
        found = Built(keeper, reader, {})
        assert await found.build(INDEX)
        yield found


async def run(built: Built, before_ms: float, after_ms: float) -> Proof:
    """A proof in which the statement took these times."""
    before, after = await built.plan(QUERY.sql, frozenset()), await built.plan(QUERY.sql, frozenset((INDEX,)))
    return Proof([Measured(1, before_ms, after_ms, before, after, frozenset((INDEX,)))])


async def test_an_index_without_which_a_statement_is_no_longer_slower_is_left_out(built: Built) -> None:
    slow = await run(built, 60_000.0, 120_000.0)
    chosen, proof = await without_the_guilty(built, [QUERY], frozenset((INDEX,)), slow, math.inf)
    assert chosen == frozenset()
    assert not proof.measured[0].slower
    assert proof.measured[0].used == frozenset()


async def test_an_index_stays_when_the_statement_is_as_slow_without_it(built: Built) -> None:
    slow = await run(built, 0.0, 0.6)
    chosen, proof = await without_the_guilty(built, [QUERY], frozenset((INDEX,)), slow, time.monotonic())
    assert chosen == frozenset((INDEX,))
    assert proof is slow


async def test_a_plan_that_uses_no_new_index_is_the_same_before_and_after(built: Built) -> None:
    proof = await prove(built, [Query(3, "SELECT id FROM t WHERE id = 7")], frozenset((INDEX,)), math.inf)
    (run_,) = proof.measured
    assert run_.before_ms == run_.after_ms
    assert not run_.used
    assert not run_.faster


async def test_a_statement_too_slow_without_the_indexes_is_stopped_and_said_so(built: Built) -> None:
    proof = await prove(built, [LONG], frozenset((INDEX,)), math.inf)
    (run_,) = proof.measured
    assert run_.stopped
    assert run_.faster
    assert run_.before.total_ms is None


async def test_what_an_index_adds_to_inserts_is_rolled_back(built: Built, database15: Any) -> None:
    added = await built.insert_us(INDEX)
    assert added is not None
    assert added >= 0
    with psycopg.connect(database15.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (20_000,)
        ready = "SELECT bool_and(indisready) FROM pg_index WHERE indrelid = 't'::regclass"
        assert connection.execute(ready).fetchone() == (True,)
    partitioned = Candidate(Table(2, "public", "p", kind="p"), "public.p", "btree", (Part("v"),))
    assert await built.build(partitioned)
    assert await built.insert_us(partitioned) is None


async def test_an_index_that_nothing_uses_is_dropped_unless_it_is_needed(database15: Any) -> None:
    with psycopg.connect(database15.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE owners (id int PRIMARY KEY)")
        connection.execute("INSERT INTO owners SELECT generate_series(1, 100)")
        connection.execute(
            "CREATE TABLE moves (id int PRIMARY KEY, owner int REFERENCES owners, note text UNIQUE, amount int, kind int)"
        )
        connection.execute(
            "INSERT INTO moves SELECT g, 1 + g % 100, md5(g::text), g, g FROM generate_series(1, 60000) AS g"
        )
        for column in ("owner", "amount", "kind"):
            connection.execute(f"CREATE INDEX moves_{column} ON moves ({column})")
        connection.execute("VACUUM ANALYZE")
        # Each of the values is looked up by the primary key: so many scans of the table are counted.
        look = "SELECT sum((SELECT m.kind FROM moves AS m WHERE m.id = g)) FROM generate_series(1, 10500) AS g"
        connection.execute(look)
        connection.execute("SELECT pg_stat_force_next_flush()")
        connection.execute("SELECT 1")
    async with await Postgres.connect(database15.dsn, Settings()) as postgres, postgres.session([]) as session:
        tables = (await schema_of(["moves"], session, postgres.version)).tables.values()
        found = await unused(session, tables, set())
        spared = await unused(session, tables, {"moves_amount"})
    assert {each.ddl for each in found} == {
        "DROP INDEX CONCURRENTLY public.moves_amount",
        "DROP INDEX CONCURRENTLY public.moves_kind",
    }
    assert [each.ddl for each in spared] == ["DROP INDEX CONCURRENTLY public.moves_kind"]
