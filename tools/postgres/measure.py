"""The tool `measure`: one statement, timed on a throwaway copy before and after each of several changes."""

from collections.abc import Sequence
from typing import Any

import psycopg
from pydantic import BaseModel, ConfigDict, Field

from common.errors import Missing, NoData
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.copy import Copy, copy_of
from tools.postgres.rehearsal.focus import focus_of, tables_of
from tools.postgres.rehearsal.snapshot import Snapshot, differences, snapshot
from tools.postgres.rehearsal.stopwatch import Timed, prepared, same_rows, timed
from tools.tool import Bench, Effect, Tool

_TRIAL_MS = 120_000
WHOLE_UP_TO = 2_500_000
"""Tables up to this many rows are copied whole, so that what is measured is what the live server has."""


class Change(BaseModel):
    """One change to try: statements up and down, or `sql`, a statement to run in place of the one asked about.

    `needs` is an extension to create first (CREATE EXTENSION), or empty; it stays when the change is undone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    up: str = ""
    down: str = ""
    sql: str = ""
    needs: str = ""


class Args(BaseModel):
    """The statement, values (as text) for its parameters if it has any, and the changes to try one after the other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sql: str = Field(min_length=1)
    values: tuple[str | None, ...] = ()
    changes: tuple[Change, ...] = Field(min_length=1, max_length=12)


class Tried(BaseModel):
    """What one change did; `up` begins with the extension it needs.

    Times are medians; `after_share` is after over before, `gain_times` before over after.

    `used`: the plan reads an index that the change made (None for a rewrite). `size_bytes` and `build_ms` are those of
    the indexes it made, on the copy. `restores`: down brought catalogue and rows back (None: no down). `same_rows`: a
    rewrite returned the same rows. `problem` says why it could not be tried; nothing else is known then.
    """

    name: str
    up: str
    down: str
    sql: str
    before_ms: float | None = None
    after_ms: float | None = None
    after_share: float | None = None
    gain_times: float | None = None
    used: bool | None = None
    indexes: tuple[str, ...] = ()
    size_bytes: int | None = None
    build_ms: float | None = None
    restores: bool | None = None
    not_restored: tuple[str, ...] = ()
    same_rows: bool | None = None
    plan: dict[str, Any] = Field(default_factory=dict)
    problem: str = ""


class Result(BaseModel):
    """`before_ms` is the statement's median time on the copy as it is, `plan` its plan there.

    `best` is the position in `tried` of the fastest change that keeps the rows and can be undone, None when none helps.
    `about` says what the copy was; `copied_rows`, `live_rows` and `whole` count over its tables.
    """

    sql: str
    before_ms: float
    runs: int
    rows: int
    plan: dict[str, Any]
    tried: tuple[Tried, ...]
    best: int | None
    about: str
    copy_version: str
    same_version: bool
    live_rows: int
    copied_rows: int
    whole: bool
    missing: tuple[str, ...]
    copy_s: float


async def run(args: Args, bench: Bench) -> Result:
    """Measured times of one statement on a throwaway copy, before and after each of several changes."""
    if bench.postgres is None:
        raise Missing(what="A PostgreSQL to look at", next="Name one with --dsn.")
    async with bench.live() as session:
        tables = await tables_of(session, args.sql)
        focus = await focus_of(session, args.sql, tables, WHOLE_UP_TO)
    if not tables:
        raise NoData(reason="the statement reads no table", needs="There is nothing to copy.")
    async with copy_of(
        bench.postgres,
        tables,
        settings=bench.settings,
        progress=bench.progress,
        focus=focus,
        whole_up_to=WHOLE_UP_TO,
        trace=bench.trace.statements,
    ) as copy:
        return await _trials(args, copy, bench, bench.postgres)


async def _trials(args: Args, copy: Copy, bench: Bench, live: Postgres) -> Result:
    async with await copy.connect() as keeper, await copy.connect_as_owner() as owner:
        await keeper.execute(f"SET statement_timeout = {_TRIAL_MS}")
        await owner.execute(f"SET statement_timeout = {_TRIAL_MS}")
        await owner.execute(f"SET search_path = {await _search_path(bench)}")
        run_it = prepared(args.sql, args.values)
        before = await timed(owner, run_it)
        state = await snapshot(keeper)
        tried = []
        for change in args.changes:
            bench.progress(f"trying on the copy: {change.name}")
            tried.append(await _try(change, args, before, state, keeper, owner))
        return Result(
            sql=args.sql,
            before_ms=before.ms,
            runs=before.runs,
            rows=before.rows,
            plan=before.plan,
            tried=tuple(tried),
            best=_best(tried),
            about=copy.about,
            copy_version=copy.server_version,
            same_version=copy.same_version,
            live_rows=sum(table.live_rows for table in copy.tables),
            copied_rows=sum(table.copied_rows for table in copy.tables),
            whole=all(table.whole for table in copy.tables),
            missing=copy.missing,
            copy_s=round(copy.seconds, 3),
        )


async def _search_path(bench: Bench) -> str:
    """The live role's search path, for names that are written without their schema."""
    async with bench.live() as session:
        return str(await session.value("SELECT current_setting('search_path')"))


async def _try(
    change: Change,
    args: Args,
    before: Timed,
    state: Snapshot,
    keeper: psycopg.AsyncConnection,
    owner: psycopg.AsyncConnection,
) -> Tried:
    whole = f"{change.needs.rstrip('; ')};\n{change.up}" if change.needs else change.up
    base = Tried(name=change.name, up=whole, down=change.down, sql=change.sql)
    try:
        if change.sql:
            return await _rewritten(change, args, before, base, owner)
        if change.needs:
            await keeper.execute(change.needs.encode())
            state = await snapshot(keeper)
        known = await _indexes(keeper)
        build = await timed_run(owner, change.up)
        made = {name: size for name, size in (await _indexes(keeper)).items() if name not in known}
        after = await timed(owner, prepared(args.sql, args.values))
        facts = _gain(before, after) | {
            "used": any(name.split(".", 1)[1] in after.indexes for name in made) if made else None,
            "indexes": tuple(sorted(made)),
            "size_bytes": sum(made.values()) if made else None,
            "build_ms": build,
        }
        if change.down:
            await timed_run(owner, change.down)
            left = differences(state, await snapshot(keeper))
            facts |= {"restores": not left, "not_restored": tuple(left[:5])}
        return base.model_copy(update=facts)
    except psycopg.Error as error:
        if owner.closed or keeper.closed:
            raise
        await owner.execute("ROLLBACK")
        return base.model_copy(update={"problem": (error.diag.message_primary or str(error)).strip()})


async def _rewritten(change: Change, args: Args, before: Timed, base: Tried, owner: psycopg.AsyncConnection) -> Tried:
    """A statement in place of the other: its time, and whether it returns the same rows."""
    after = await timed(owner, prepared(change.sql, args.values))
    alike = await same_rows(owner, prepared(args.sql, args.values), prepared(change.sql, args.values))
    return base.model_copy(update=_gain(before, after) | {"same_rows": alike})


def _gain(before: Timed, after: Timed) -> dict[str, Any]:
    return {
        "before_ms": before.ms,
        "after_ms": after.ms,
        "after_share": round(after.ms / before.ms, 6) if before.ms else None,
        "gain_times": round(before.ms / after.ms, 2) if after.ms else None,
        "plan": after.plan,
    }


async def timed_run(connection: psycopg.AsyncConnection, statements: str) -> float:
    """Run statements one by one, as psql would; how long they took, in milliseconds."""
    import time

    from tools.postgres.statements import split

    began = time.perf_counter()
    for statement in split(statements):
        await connection.execute(statement.text.encode())
    return round((time.perf_counter() - began) * 1000, 3)


async def _indexes(keeper: psycopg.AsyncConnection) -> dict[str, int]:
    rows = await keeper.execute(
        "SELECT n.nspname || '.' || c.relname, pg_relation_size(c.oid) FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'i' AND n.nspname NOT IN ('pg_catalog', 'pg_toast')"
    )
    return {str(name): int(size) for name, size in await rows.fetchall()}


def _best(tried: Sequence[Tried]) -> int | None:
    helps = [
        (one.after_ms, position)
        for position, one in enumerate(tried)
        if one.after_ms is not None
        and one.before_ms is not None
        and one.after_ms < one.before_ms
        and one.used is not False
        and one.same_rows is not False
        and one.restores is not False
    ]
    return min(helps)[1] if helps else None


TOOL = Tool("measure", "postgresql", Effect.REHEARSE, Args, run, timeout_s=900.0)
