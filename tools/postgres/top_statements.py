"""The tool `top_statements`: the statements that take the time, from pg_stat_statements."""

from typing import Literal

from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from common.errors import NoData
from common.queries import query
from tools.postgres.connection import Row
from tools.postgres.normal import normal
from tools.postgres.place import quoted
from tools.tool import Bench, Effect, Tool

_ORDER = {"total": "total_exec_time", "mean": "mean_exec_time", "calls": "calls", "reads": "shared_blks_read"}
_OLDEST = (1, 8)
_LONGEST = 20_000


class Args(BaseModel):
    """How many, and by what: `total` time, `mean` time, `calls`, or pages read (`reads`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(default=20, ge=1, le=1_000)
    by: Literal["total", "mean", "calls", "reads"] = "total"


class Statement(BaseModel):
    """One statement, its constants replaced by `$1`, `$2`, …, as counted since the counters were reset.

    Times are milliseconds of execution; `total_share` (0..1) is of all time that is counted in this database; pages are
    of 8 kB. `read_ms` is 0 while track_io_timing is off. `jit_ms` is known from PostgreSQL 15 on.
    """

    id: int | None
    statement: str
    role: str | None
    calls: int
    total_ms: float
    mean_ms: float
    least_ms: float
    most_ms: float
    deviation_ms: float
    total_share: float | None
    rows: int
    pages_hit: int
    pages_read: int
    pages_dirtied: int
    temporary_pages_read: int
    temporary_pages_written: int
    wal_bytes: int
    read_ms: float | None
    jit_ms: float | None


class Result(BaseModel):
    """`only_own`: other roles' statements are hidden; `needs` is then the GRANT that shows them."""

    statements: tuple[Statement, ...]
    version: str
    only_own: bool
    needs: str


async def run(args: Args, bench: Bench) -> Result:
    """The statements that take the most time here, normalised, from pg_stat_statements."""
    async with bench.live() as session:
        view = await session.row(query(__package__, "statements_view")) or {}
        _refuse_missing(view)
        statement = sql.SQL(query(__package__, "top_statements")).format(
            view=sql.Identifier(view["schema"], "pg_stat_statements"),
            order=sql.SQL("s.") + sql.Identifier(_ORDER[args.by]),
            limit=sql.Literal(args.limit),
        )
        rows = await session.rows(statement)
    grant = f"GRANT pg_read_all_stats TO {quoted(view['role'])};"
    if not rows:
        raise NoData(
            reason="pg_stat_statements shows no statement of this database to this role",
            needs=grant if not view["sees_all"] else "Let the application work for a while, then ask again.",
        )
    return Result(
        statements=tuple(
            Statement(**{**row, "statement": normal(row["statement"], longest=_LONGEST, numbers=True)}) for row in rows
        ),
        version=view["version"],
        only_own=not view["sees_all"],
        needs="" if view["sees_all"] else grant,
    )


def _refuse_missing(view: Row) -> None:
    if view["schema"] is not None:
        if tuple(map(int, view["version"].split(".")[:2])) < _OLDEST:
            raise NoData(
                reason=f"pg_stat_statements {view['version']} is older than 1.8",
                needs="ALTER EXTENSION pg_stat_statements UPDATE;",
            )
        if not view["loaded"]:
            raise NoData(reason="pg_stat_statements is installed but its library is not loaded", needs=_PRELOAD)
        return
    if not view["available"]:
        raise NoData(
            reason="pg_stat_statements is not on the server",
            needs="Install PostgreSQL's contrib package there (postgresql-contrib), then: " + _PRELOAD,
        )
    create = "CREATE EXTENSION pg_stat_statements; in this database, as its owner."
    raise NoData(
        reason="pg_stat_statements is not installed in this database",
        needs=create if view["loaded"] else f"{_PRELOAD} Then {create}",
    )


_PRELOAD = "Set shared_preload_libraries = 'pg_stat_statements' and restart the server."

TOOL = Tool("top_statements", "postgresql", Effect.READ, Args, run)
