"""The tool `use_of`: who reads and writes a table or a column, and what hangs on it."""

import re
from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from common.errors import UnknownObject
from common.queries import query
from tools.postgres.connection import Row, Session
from tools.postgres.words import nearest
from tools.tool import Bench, Effect, Tool

_KINDS = {"r": "table", "p": "partitioned table", "v": "view", "m": "materialized view", "f": "foreign table"}
_MOST = 3


class Args(BaseModel):
    """Tables, views or columns by name: `schema.table`, `table`, `table.column` or `schema.table.column`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...] = Field(min_length=1, max_length=20)


class Dependent(BaseModel):
    """What hangs on it. `in the way`: a plain DROP fails, CASCADE takes it along. `goes too`: even without CASCADE.
    `feeds`: rows pass through it. `by text`: its source names it, which the server keeps no record of: it fails when it
    next runs.
    """

    kind: str
    name: str
    how: Literal["in the way", "goes too", "feeds", "by text"]


class Grant(BaseModel):
    """A privilege on the whole relation; `grantee` None is PUBLIC."""

    grantee: str | None
    privilege: str
    grantable: bool


class Used(BaseModel):
    """One table, view or column (`column` is then its name). Counters are of the whole table, None for a view.

    `last_read_age_s` is known from PostgreSQL 16 on; `null_share` (0..1) where the column was analysed and this role may
    know; `sessions_now` counts the other sessions that hold a lock on it at this moment.
    """

    schema_name: str
    name: str
    column: str | None
    kind: str
    owner: str
    rows: int | None
    size_bytes: int | None
    sequential_scans: int | None
    index_scans: int | None
    inserted: int | None
    updated: int | None
    deleted: int | None
    last_read_age_s: float | None
    sessions_now: int
    not_null: bool | None
    has_default: bool
    null_share: float | None
    dependents: tuple[Dependent, ...]
    granted: tuple[Grant, ...]

    @property
    def full(self) -> str:
        """`schema.table`."""
        return f"{self.schema_name}.{self.name}"


class Result(BaseModel):
    """`unknown` are names that nothing here has. `statistics_age_s`: how long the counters have run; None when they were
    never reset, so since the database was made, or since the server last crashed. `streams` counts who receives its
    changes now: replicas, which count their own reads, and subscribers.
    """

    found: tuple[Used, ...]
    unknown: tuple[str, ...]
    statistics_age_s: float | None
    replica: bool
    streams: int


async def run(args: Args, bench: Bench) -> Result:
    """What reads and writes a table or a column, what hangs on it, and who may use it, without a value of its rows."""
    async with bench.live() as session:
        rows = await session.rows(query(__package__, "use_of"), {"names": [_plain(name) for name in args.names]})
        if not rows:
            known_names = [str(row["name"]) for row in await session.rows(query(__package__, "relation_names"))]
            near = list(dict.fromkeys(filter(None, (nearest(name, known_names) for name in args.names))))
            raise UnknownObject(
                kind="table, view or column",
                name=", ".join(args.names),
                next=f"Did you mean {' or '.join(near)}?" if near else "Check the name, or write it as schema.table.",
            )
        await session.set_local("search_path", "")  # so that every name comes with its schema
        distinct = {(row["oid"], row["attnum"]): row for row in rows}
        sources = await session.rows(query("tools.postgres.rehearsal", "function_sources"))
        found = tuple([await _used(session, row, sources) for row in list(distinct.values())[:_MOST]])
        since = await session.row(query(__package__, "statistics_age")) or {}
        streams = await session.value("SELECT count(*) FROM pg_catalog.pg_stat_replication")
    known = {row["asked"] for row in rows}
    return Result(
        found=found,
        unknown=tuple(name for name in args.names if _plain(name) not in known),
        statistics_age_s=since.get("statistics_age_s"),
        replica=bool(since.get("replica")),
        streams=streams,
    )


async def _used(session: Session, row: Row, sources: list[Row]) -> Used:
    at = {"oid": row["oid"], "attnum": row["attnum"]}
    dependents = [Dependent(**one) for one in await session.rows(query(__package__, "dependents"), at)]
    recorded = {one.name for one in dependents}
    dependents += [one for one in _by_text(row, sources) if one.name not in recorded]
    granted = await session.rows(query(__package__, "granted"), {"oid": row["oid"]})
    return Used(
        **{**row, "schema_name": row["schema"], "kind": "column" if row["column"] else _KINDS[row["kind"]]},
        dependents=tuple(dependents),
        granted=tuple(Grant(**one) for one in granted),
    )


def _by_text(row: Row, sources: list[Row]) -> Iterator[Dependent]:
    """Functions whose body names it: of a column beside its table, or a trigger's NEW and OLD."""
    table = re.compile(rf"\b{re.escape(row['name'])}\b", re.I)
    column = re.compile(rf"\b{re.escape(row['column'] or '')}\b", re.I)
    row_of = re.compile(rf"\b(new|old)\s*\.\s*\"?{re.escape(row['column'] or '')}\b", re.I)
    for each in sources:
        source = str(each["source"])
        named = table.search(source) and column.search(source) if row["column"] else table.search(source)
        if named or (row["column"] and row_of.search(source)):
            yield Dependent(kind="function", name=str(each["name"]), how="by text")


def _plain(name: str) -> str:
    return name.replace('"', "").strip()


TOOL = Tool("use_of", "postgresql", Effect.READ, Args, run)
