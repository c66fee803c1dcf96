"""The tool `capacity`: when do keys, sequences and the disk run out?"""

import asyncio
from collections.abc import Sequence

from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from common.errors import DbcrewError
from common.findings import Finding, Severity
from common.queries import query
from tools.postgres.connection import Postgres, Row
from tools.postgres.health.view import View
from tools.postgres.place import quoted
from tools.tool import Bench, Effect, Tool

_SHOWN = 20
_SMALLINT = 32_767
_DAY_S = 86_400.0
_COUNTED_S = 3_600.0
"""Insert counters say something of a rate only when they have run for an hour."""
_SOON = ((7 * _DAY_S, Severity.CRITICAL), (30 * _DAY_S, Severity.HIGH), (180 * _DAY_S, Severity.MEDIUM))


class Args(BaseModel):
    """Sequences are read twice, `sample_s` seconds apart; `tables` narrows the answer to these (`schema.table`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sample_s: float = Field(default=2.0, gt=0, le=60)
    tables: list[str] = Field(default_factory=list)


class Range(BaseModel):
    """A key column or a sequence and how much of its range is used. `left_s`: the time until it is all used at
    `per_day`, which `rate_from` names the source of; None when no rate is known, or nothing is drawn from it.
    """

    object: str
    type: str
    last_value: int
    maximum: int
    used_share: float
    per_day: float | None = None
    rate_from: str = ""
    left_s: float | None = None


class Result(BaseModel):
    """Ranges, those that end first first. Sizes in bytes; None where this role may not see them.

    What a server does not say over SQL is how much of its disk is free: `disk_needs` says who can.
    """

    ranges: list[Range]
    ranges_total: int
    soonest: int | None
    database_bytes: int | None
    databases_bytes: int | None
    wal_bytes: int | None
    wal_rate_bytes: float | None
    largest: list[dict[str, str | int]]
    disk_needs: str
    rate_needs: str
    findings: list[Finding]
    needs: str


async def run(args: Args, bench: Bench) -> Result:
    """Keys and sequences with the share that is used, the rate and the time left; sizes, and what cannot be seen of the disk."""
    async with bench.live() as session:
        view = View(session)
        facts = await session.row(query(__package__, "capacity")) or {}
        keys = [row for row in await view.own("int4_keys") if row["readable"]]
        sequences = [
            row for row in await view.rows("sequences") if row["readable"] and row["rises"] and not row["cycles"]
        ]
        inserts = {row["table"]: row for row in await session.rows(query(__package__, "inserts"))}
        largest = await session.rows(query(__package__, "largest"))
        first = await session.rows(query(__package__, "drawn"))
        wal = (
            await session.value(query(__package__, "wal_size")) if facts["monitors"] and facts["wal_position"] else None
        )
        highest = {row["object"]: await _highest(view, row) for row in keys[:50] if row["last_value"] is None}
    await asyncio.sleep(args.sample_s)
    async with bench.live() as session:
        second = await session.rows(query(__package__, "drawn"))
        later = await session.row(query(__package__, "capacity")) or {}
    drawn = _drawn(first, second)
    chosen = [row for row in keys if not args.tables or f"{row['schema']}.{row['table']}" in args.tables]
    assert bench.postgres is not None
    ranges = []
    for row in chosen:
        kind = "integer" if row["maximum"] > _SMALLINT else "smallint"
        one = _range(row["object"], kind, row["last_value"] or highest.get(row["object"], 0), row["maximum"])
        ranges.append(await _rated(one, row, inserts, drawn, bench.postgres, bench.trace.statements))
    if not args.tables:
        ranges += [
            _with_rate(_range(row["object"], row["type"], row["last_value"], row["maximum"]), drawn.get(row["object"]))
            for row in sequences
            if row["last_value"] is not None
        ]
    ranges.sort(key=lambda one: (one.left_s is None, one.left_s or 0.0, -one.used_share))
    remedies = {str(row["object"]): str(row["remedy"]) for row in (*keys, *sequences)}
    passed = later["epoch_s"] - facts["epoch_s"]
    return Result(
        ranges=ranges[:_SHOWN],
        ranges_total=len(ranges),
        soonest=0 if ranges and ranges[0].left_s is not None else None,
        database_bytes=facts["database_bytes"],
        databases_bytes=facts["databases_bytes"],
        wal_bytes=wal,
        wal_rate_bytes=round((later["wal_position"] - facts["wal_position"]) / passed, 1)
        if facts["wal_position"]
        else None,
        largest=[{"table": row["table"], "size_bytes": row["size_bytes"]} for row in largest],
        disk_needs="df on the database host, or its monitoring: PostgreSQL tells nobody how much of a disk is free",
        rate_needs="this question once more some days later: a server keeps no history of its sizes",
        findings=[finding for one in ranges if (finding := _finding(one, remedies[one.object])) is not None],
        needs="" if facts["monitors"] else f"GRANT pg_monitor TO {quoted(facts['role'])};",
    )


async def _highest(view: View, row: Row) -> int:
    """The end of the key's index: no scan."""
    statement = sql.SQL("SELECT max({}) AS highest FROM {}").format(
        sql.Identifier(row["column"]), sql.Identifier(row["schema"], row["table"])
    )
    return (await view.probe(statement))[0]["highest"] or 0


def _drawn(first: Sequence[Row], second: Sequence[Row]) -> dict[str, float]:
    """What each sequence gave out between the two looks, a day."""
    before = {row["object"]: row for row in first if row["last_value"] is not None}
    found = {}
    for row in second:
        was = before.get(row["object"])
        if was is not None and row["last_value"] is not None and row["last_value"] > was["last_value"]:
            found[row["object"]] = (row["last_value"] - was["last_value"]) / (row["epoch_s"] - was["epoch_s"]) * _DAY_S
            if row["column"]:
                found[row["column"]] = found[row["object"]]
    return found


def _range(name: str, kind: str, last: int, maximum: int) -> Range:
    return Range(object=name, type=kind, last_value=last, maximum=maximum, used_share=max(0, last) / maximum)


async def _rated(
    one: Range, row: Row, inserts: dict[str, Row], drawn: dict[str, float], live: Postgres, trace: list[str]
) -> Range:
    """With the rate that is best known: the table's own times, else its insert counters, else the two looks."""
    counters = inserts.get(f"{row['schema']}.{row['table']}")
    if counters is not None and counters["time_column"]:
        rate = await _by_times(row, counters["time_column"], live, trace)
        if rate is not None:
            return _with_rate(one, rate, "the times in the table, since the oldest of the last seven days")
    if counters is not None and counters["age_s"] and counters["age_s"] >= _COUNTED_S and counters["inserted"]:
        rate = counters["inserted"] / counters["age_s"] * _DAY_S
        return _with_rate(one, rate, "rows inserted since the counters were reset")
    return _with_rate(one, drawn.get(one.object))


async def _by_times(row: Row, column: str, live: Postgres, trace: list[str]) -> float | None:
    """Keys a day, from the oldest row of the last week, by the index on its time, to the newest."""
    statement = sql.SQL(
        "SELECT (SELECT max({key}) FROM {table}) - o.{key} AS keys, extract(epoch FROM now() - o.{time})::float8 AS seconds"
        " FROM {table} AS o WHERE o.{time} >= now() - interval '7 days' AND o.{time} <= now() ORDER BY o.{time} LIMIT 1"
    ).format(
        key=sql.Identifier(row["column"]),
        time=sql.Identifier(column),
        table=sql.Identifier(row["schema"], row["table"]),
    )
    try:
        async with live.session(trace, timeout_ms=2_000) as session:
            found = await session.row(statement)
    except DbcrewError:
        return None
    if found is None or found["keys"] <= 0 or found["seconds"] < _COUNTED_S:
        return None
    return float(found["keys"] / found["seconds"] * _DAY_S)


def _with_rate(one: Range, per_day: float | None, source: str = "") -> Range:
    if not per_day:
        return one
    left = (one.maximum - one.last_value) / per_day * _DAY_S
    source = source or "two looks, some seconds apart"
    return one.model_copy(
        update={"per_day": round(per_day, 1), "rate_from": source, "left_s": round(max(0.0, left), 1)}
    )


def _finding(one: Range, remedy: str) -> Finding | None:
    """A range that ends within half a year, at a rate seen for an hour at least."""
    if one.left_s is None or one.rate_from.startswith("two looks"):
        return None
    level = next((level for bound, level in _SOON if one.left_s <= bound), None)
    if level is None:
        return None
    return Finding(
        code="int4-key-near-limit" if one.type in ("integer", "smallint") else "sequence-near-limit",
        severity=level,
        object=one.object,
        summary="{object} is at {last_value} of {maximum} and runs out in {left_s} at {per_day} a day",
        facts={name: getattr(one, name) for name in ("object", "last_value", "maximum", "left_s", "per_day")},
        remedy=remedy,
        wrong_if="the rows of the last days came from a load that is not repeated",
    )


TOOL = Tool("capacity", "postgresql", Effect.READ, Args, run)
