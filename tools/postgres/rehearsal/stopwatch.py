"""How long a statement takes on a copy: warm, the median of several runs, its plan beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median
from typing import Any

import psycopg
from psycopg import sql

from tools.postgres.statements import with_values

_RUNS = 5
_ONCE_ABOVE_MS = 2_000
_NAME = sql.Identifier("dbcrew_timed")


@dataclass(frozen=True)
class Timed:
    """Median execution time in milliseconds, over `runs` runs after one that warmed the caches, and the plan.

    A statement that takes over two seconds is run once more, not five times. `rows` is what it returned; `indexes` are
    the names of the indexes its plan reads. `fastest_ms` and `slowest_ms` are the range of the runs.
    """

    ms: float
    fastest_ms: float
    slowest_ms: float
    runs: int
    rows: int
    plan: dict[str, Any]

    @property
    def shape(self) -> list[tuple[str, str]]:
        """Kinds of the plan's nodes and the indexes they read, parents first."""
        return [(str(node["Node Type"]), str(node.get("Index Name", ""))) for node in _nodes(self.plan["Plan"])]

    @property
    def indexes(self) -> frozenset[str]:
        """Names of the indexes that the plan reads."""
        return frozenset(str(node["Index Name"]) for node in _nodes(self.plan["Plan"]) if "Index Name" in node)


def mean(runs: Sequence[Timed]) -> Timed:
    """One statement with several sets of values: the means of their times; rows and plan are those of the first."""
    if len(runs) == 1:
        return runs[0]
    middle, fastest, slowest = (
        round(fmean(each), 3)
        for each in ([r.ms for r in runs], [r.fastest_ms for r in runs], [r.slowest_ms for r in runs])
    )
    return replace(runs[0], ms=middle, fastest_ms=fastest, slowest_ms=slowest, runs=min(each.runs for each in runs))


@dataclass(frozen=True)
class Prepared:
    """A statement and the values of its parameters, as text."""

    text: str
    values: tuple[str | None, ...]


def prepared(text: str, values: Sequence[str | None]) -> Prepared:
    """The statement without what ends it."""
    return Prepared(text.strip().rstrip("; \n\t"), tuple(values))


async def timed(connection: psycopg.AsyncConnection, statement: Prepared, runs: int = _RUNS) -> Timed:
    """Run EXPLAIN ANALYZE `runs` times after once, each in a transaction that is rolled back: a write leaves nothing.

    Raises psycopg.Error when the statement does not run.
    """
    first = await _explained(connection, statement)
    count = 1 if first["Execution Time"] > _ONCE_ABOVE_MS else runs
    found = [await _explained(connection, statement) for _ in range(count)]
    times = [float(one["Execution Time"]) for one in found]
    middle = median(times)
    shown = min(found, key=lambda one: abs(one["Execution Time"] - middle))
    top = shown["Plan"]
    return Timed(
        round(middle, 3), min(times), max(times), count, round(top["Actual Rows"] * top["Actual Loops"]), shown
    )


async def same_rows(connection: psycopg.AsyncConnection, one: Prepared, other: Prepared) -> bool:
    """Whether two reads return the same rows, each as often, in whatever order."""
    return await _fingerprint(connection, one) == await _fingerprint(connection, other)


async def _explained(connection: psycopg.AsyncConnection, statement: Prepared) -> dict[str, Any]:
    async with connection.transaction(force_rollback=True):
        text = await _runnable(connection, statement)
        cursor = await connection.execute(sql.SQL("EXPLAIN (ANALYZE, BUFFERS, VERBOSE, FORMAT JSON) {}").format(text))
        row = await cursor.fetchone()
    assert row is not None
    found: dict[str, Any] = row[0][0]
    return found


async def _fingerprint(connection: psycopg.AsyncConnection, statement: Prepared) -> tuple[Any, ...] | None:
    async with connection.transaction(force_rollback=True):
        values = {f"${number}": sql.Literal(value).as_string() for number, value in enumerate(statement.values, 1)}
        text = with_values(statement.text, values) if values else statement.text
        cursor = await connection.execute(
            sql.SQL("SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM ({}) AS t").format(sql.SQL(text))
        )
        return await cursor.fetchone()


async def _runnable(connection: psycopg.AsyncConnection, statement: Prepared) -> sql.Composed:
    """The statement as EXPLAIN takes it: as it is, or as EXECUTE with its values."""
    text = sql.SQL(statement.text)
    if not statement.values:
        return sql.Composed([text])
    await connection.execute("DEALLOCATE ALL")
    await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
    await connection.execute(sql.SQL("PREPARE {} AS {}").format(_NAME, text))
    values = sql.SQL(", ").join(map(sql.Literal, statement.values))
    return sql.SQL("EXECUTE {}({})").format(_NAME, values)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
