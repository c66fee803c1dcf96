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
from tools.postgres.advise.case import Case
from tools.postgres.advise.clock import Clock
from tools.postgres.advise.costs import Indexes, Query
from tools.postgres.advise.proof import Measured, Proof, prove, without_the_guilty
from tools.postgres.advise.unused import unused
from tools.postgres.advise.values import Filled
from tools.postgres.advise.workload import Item
from tools.postgres.connection import Postgres
from tools.postgres.plans.reading import read
from tools.postgres.plans.schema import Schema, Table, schema_of
from tools.postgres.plans.tree import Plan

TABLE = Table(1, "public", "t", rows=20_000.0, size_bytes=2_000_000)
INDEX = Candidate(TABLE, "public.t", "btree", (Part("v"),))
QUERY = Query(1, "SELECT id FROM t WHERE v = 7")
SLEEPS = Query(4, "SELECT id FROM t WHERE v = 7 AND (SELECT pg_sleep(0.02)::text) IS NOT NULL")
"""Takes 20 ms whichever way its rows are found."""
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


async def run(built: Built, before_ms: float, after_ms: float, query: Query = QUERY) -> Proof:
    """A proof in which the statement took these times."""
    before, after = await built.plan(query.sql, frozenset()), await built.plan(query.sql, frozenset((INDEX,)))
    return Proof([Measured(query.number, before_ms, after_ms, before, after, frozenset((INDEX,)))])


def watched(built: Built, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Indexes, bool]]:
    """What is planned from now on: the text, with which indexes, and whether it was run."""
    tried: list[tuple[str, Indexes, bool]] = []
    plan = built.plan

    async def watching(text: str, indexes: Indexes, *, measured: bool = False, limit_ms: float | None = None) -> Plan:
        tried.append((text, indexes, measured))
        return await plan(text, indexes, measured=measured, limit_ms=limit_ms)

    monkeypatch.setattr(built, "plan", watching)
    return tried


async def test_an_index_without_which_a_statement_is_no_longer_slower_is_left_out(built: Built) -> None:
    slow = await run(built, 60_000.0, 120_000.0)
    chosen, proof = await without_the_guilty(built, [QUERY], frozenset((INDEX,)), slow, math.inf)
    assert chosen == frozenset()
    assert not proof.measured[0].slower
    assert proof.measured[0].used == frozenset()


async def test_an_index_stays_when_the_statement_is_as_slow_without_it(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = watched(built, monkeypatch)
    slow = await run(built, 1.0, 25.0, SLEEPS)
    chosen, proof = await without_the_guilty(built, [SLEEPS], frozenset((INDEX,)), slow, math.inf)
    assert (SLEEPS.sql, frozenset(), True) in tried  # it was run without the index, and took its 20 ms again
    assert chosen == frozenset((INDEX,))
    assert proof is slow
    assert proof.measured[0].slower


async def test_an_index_stays_when_another_statement_needs_it_more(built: Built) -> None:
    index = frozenset((INDEX,))
    late = await run(built, 60_000.0, 120_000.0)
    helped = Measured(2, 60_000.0, 1.0, late.measured[0].before, late.measured[0].after, index)
    both = Proof([*late.measured, helped])
    chosen, proof = await without_the_guilty(built, [QUERY, LONG], index, both, math.inf)
    assert chosen == index
    assert proof is both


async def test_every_statement_that_used_the_index_left_out_is_timed_again(built: Built) -> None:
    index = frozenset((INDEX,))
    late = await run(built, 60_000.0, 120_000.0)
    other = Query(5, "SELECT w FROM t WHERE v = 9")
    also = Measured(5, 60_000.0, 60_000.0, late.measured[0].before, late.measured[0].after, index)
    chosen, proof = await without_the_guilty(built, [QUERY, other], index, Proof([*late.measured, also]), math.inf)
    assert chosen == frozenset()
    assert [each.used for each in proof.measured] == [frozenset(), frozenset()]
    assert all(each.after_ms < 60_000.0 for each in proof.measured)


async def test_no_time_left_leaves_everything_as_it_is(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = await run(built, 60_000.0, 120_000.0)
    tried = watched(built, monkeypatch)
    chosen, proof = await without_the_guilty(built, [QUERY], frozenset((INDEX,)), slow, time.monotonic())
    assert not tried
    assert (chosen, proof) == (frozenset((INDEX,)), slow)


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


async def test_inserts_are_timed_beside_generated_columns_triggers_and_keys(built: Built, database15: Any) -> None:
    """The copy's own rows once more: the primary key is not kept up meanwhile, nor does a trigger fire."""
    database15.execute(
        "CREATE TABLE g (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v int, twice int GENERATED ALWAYS AS (v * 2) STORED);"
        "INSERT INTO g (v) SELECT generate_series(1, 700);"
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;"
        "CREATE TRIGGER no BEFORE INSERT ON g FOR EACH ROW EXECUTE FUNCTION no();"
        "CREATE TABLE hollow (v int)"
    )
    of = {
        name: Candidate(Table(3, "public", name), f"public.{name}", "btree", (Part("v"),)) for name in ("g", "hollow")
    }
    for each in of.values():
        assert await built.build(each)
    added = await built.insert_us(of["g"])
    assert added is not None
    assert added >= 0
    assert await built.insert_us(of["hollow"]) is None
    assert await built.insert_us(Candidate(TABLE, "public.t", "btree", (Part("w"),))) is None  # it was never built
    with psycopg.connect(database15.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM g").fetchone() == (700,)
        ready = "SELECT bool_and(indisready) FROM pg_index WHERE indrelid = 'g'::regclass"
        assert connection.execute(ready).fetchone() == (True,)


def case(number: int, text: str, total_ms: float | None = None) -> Case:
    return Case(number, Item(text, total_ms=total_ms), read(text, Schema()), [Filled(text)])


async def test_a_statement_is_weighed_by_what_it_takes(built: Built) -> None:
    plain = case(1, "SELECT id FROM t WHERE v = 7")
    slow = case(2, "SELECT id FROM t WHERE v = 7 AND (SELECT pg_sleep(0.3)::text) IS NOT NULL")
    counted = case(3, "SELECT id FROM t WHERE v = 8", total_ms=5.0)
    broken = case(4, "SELECT 1 / (v - v) FROM t")
    clock = Clock(built, math.inf)
    found = await clock.pace([plain, slow, counted, broken])
    assert found.keys() == {1, 2, 4}  # what the server has timed is not timed again
    assert found[2] > found[1]
    assert min(found.values()) <= found[4] <= max(found.values())
    assert await clock.share(slow.query.sql, frozenset((INDEX,))) == 1.0
    share = await clock.share(plain.query.sql, frozenset((INDEX,)))
    assert share is not None
    assert share < 1.0
    assert await clock.share(broken.query.sql, frozenset()) is None


async def test_no_time_to_time_anything(built: Built) -> None:
    clock = Clock(built, time.monotonic())
    assert await clock.pace([case(1, "SELECT id FROM t WHERE v = 7")]) == {1: 1.0}
    assert await clock.share("SELECT id FROM t WHERE v = 7", frozenset((INDEX,))) is None


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
