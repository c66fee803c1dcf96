"""The tool `measure`: one statement, timed on a throwaway copy before and after each of several changes."""

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from common import directories
from common.config.settings import CopyKind
from common.errors import DbcrewError, DiskFull, InputError, MalformedSql, Missing, NoData, Refused
from tools.postgres.advise.masked import doubt
from tools.postgres.faults import is_lost, translate
from tools.postgres.rehearsal.copy import Copy, copy_of
from tools.postgres.rehearsal.focus import Needs, focus_of, needs_of
from tools.postgres.rehearsal.meaning import masked_misleads
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.schema import EXTENSION, HARMLESS
from tools.postgres.rehearsal.snapshot import Snapshot, differences, snapshot
from tools.postgres.rehearsal.stopwatch import Prepared, Timed, mean, prepared, same_rows, timed
from tools.postgres.statements import split
from tools.postgres.trials import Tried, best_of, disturbed, gain
from tools.tool import Bench, Effect, Tool

_TIMES_LIVE = 4
"""A statement may take so many times longer on the copy than the settings allow it on a live server."""
_ANEW = 3
"""How often at the most a change is timed, when something else disturbed its runs."""
WHOLE_UP_TO = 2_500_000
"""Tables up to this many rows are copied whole, so that what is measured is what the live server has."""


class Change(BaseModel):
    """One change to try: statements up and down, `sql`, a statement to run in place of the one asked about, or both.

    `keys` is a query whose one row holds the values of the parameters that `sql` has beyond those of the statement; the
    rows of `sql` are then compared with those of `like` (else with those of the statement asked about).
    `needs` is an extension to create first (CREATE EXTENSION), or empty; it stays when the change is undone. A change
    without down is undone as far as its indexes go before the next one is tried.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    up: str = ""
    down: str = ""
    sql: str = ""
    keys: str = ""
    like: str = ""
    needs: str = ""


class Args(BaseModel):
    """The statement, values (as text) for its parameters if it has any, and the changes to try one after the other.

    `others` are the same statement with other values in it, which an index must serve too: each is timed like the first.
    `live` is its plan on the live server as EXPLAIN (FORMAT JSON) gave it, measured where it ran: the rows found on a
    masked copy are held against it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sql: str = Field(min_length=1)
    values: tuple[str | None, ...] = ()
    others: tuple[str, ...] = Field(default=(), max_length=3)
    changes: tuple[Change, ...] = Field(min_length=1, max_length=12)
    live: dict[str, Any] | None = None


class Result(BaseModel):
    """`before_ms` is the statement's median time on the copy as it is, `plan` its plan there; with several sets of values
    the mean of their medians, and the plan with the first.

    `best` is the position in `tried` of the best change that keeps the rows and can be undone: the one that takes the
    least storage of those that are as fast as the fastest and read no more rows, whichever the values. None when none
    helps, that is when no change has all its runs faster than all runs without it and makes none of the sets slower; and
    when the times mean nothing: `doubt` then says which masked columns the statement compares, and how many rows it found.
    `about` says what the copy was and what that means for the figures (`copy_kind`: rows, masked, none);
    `copied_rows`, `live_rows` and `whole` count over its tables.
    """

    sql: str
    before_ms: float
    fastest_ms: float
    slowest_ms: float
    runs: int
    rows: int
    plan: dict[str, Any]
    tried: tuple[Tried, ...]
    best: int | None
    doubt: str
    about: str
    copy_kind: CopyKind
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
    if any(len(split(text)) != 1 for text in (args.sql, *args.others)):
        raise InputError(detail="There is not exactly one statement to measure", next="Ask about them one by one")
    async with bench.live() as session:
        needs = await needs_of(session, args.sql, [text for each in args.changes for text in (each.sql, each.up)])
        focus = await focus_of(session, args.sql, needs.tables, WHOLE_UP_TO, args.values)
        for other in args.others:
            focus += await focus_of(session, other, needs.tables, WHOLE_UP_TO)
        path = str(await session.value("SELECT current_setting('search_path')"))
    if not needs.tables:
        raise NoData(reason="the statement reads no table", needs="There is nothing to copy.")
    async with copy_of(
        bench.postgres,
        needs.tables,
        settings=bench.settings,
        progress=bench.progress,
        focus=focus,
        whole_up_to=WHOLE_UP_TO,
        children=needs.removes,
        writes=needs.writes,
        trace=bench.trace.statements,
    ) as copy:
        try:
            return await _trials(args, copy, bench, needs, path)
        except psycopg.errors.DiskFull as error:
            raise DiskFull(where=str(directories.engines()), doing="measuring on a copy") from error
        except psycopg.Error as error:
            if isinstance(error, psycopg.OperationalError) and is_lost(error):  # copy_of knows why
                raise
            raise translate(error, "The copy", "127.0.0.1") from error


async def _trials(args: Args, copy: Copy, bench: Bench, needs: Needs, path: str) -> Result:
    async with await copy.connect() as keeper, await copy.connect_as_owner() as owner:
        limit = _TIMES_LIVE * bench.settings.statement_timeout_ms
        await keeper.execute(f"SET statement_timeout = {max(limit, 30_000)}")
        await owner.execute(f"SET statement_timeout = {limit}")
        # Names without their schema are found as on the live server.
        await owner.execute("SELECT set_config('search_path', %s, false)", (path,))
        state = await snapshot(keeper)
        befores = [await timed(owner, each) for each in _asked(args)]
        before = mean(befores)
        tried = []
        for change in args.changes:
            bench.progress(f"trying on the copy: {change.name}")
            if needs.writes:  # what was rolled back left dead rows, which would slow down the next
                await keeper.execute("VACUUM")
            tried.append(await _try(change, args, befores, state, keeper, owner))
        assert bench.postgres is not None
        wrong = await doubt(bench.postgres, copy, args.sql, before.plan, args.live, bench.trace.statements)
        return Result(
            sql=args.sql,
            before_ms=before.ms,
            fastest_ms=before.fastest_ms,
            slowest_ms=before.slowest_ms,
            runs=before.runs,
            rows=before.rows,
            plan=before.plan,
            tried=tuple(tried),
            best=None if wrong else best_of(tried),
            doubt=wrong,
            about=f"{copy.ground} {masked_misleads(wrong)}" if wrong else copy.about,
            copy_kind=copy.kind,
            copy_version=copy.server_version,
            same_version=copy.same_version,
            live_rows=sum(table.live_rows for table in copy.tables),
            copied_rows=sum(table.copied_rows for table in copy.tables),
            whole=all(table.whole for table in copy.tables),
            missing=copy.missing,
            copy_s=round(copy.seconds, 3),
        )


async def _try(
    change: Change,
    args: Args,
    befores: Sequence[Timed],
    state: Snapshot,
    keeper: psycopg.AsyncConnection,
    owner: psycopg.AsyncConnection,
) -> Tried:
    whole = f"{change.needs.rstrip('; ')};\n{change.up}" if change.needs else change.up
    base = Tried(name=change.name, up=whole, down=change.down, sql=change.sql)
    known = await _indexes(keeper)
    try:
        if change.needs:
            await _extend(keeper, change.needs)
            state = await snapshot(keeper)
        build = await timed_run(owner, change.up) if change.up else None
        made = {name: size for name, size in (await _indexes(keeper)).items() if name not in known}
        subject = await _subject(change, args, owner)
        afters = await _timed(owner, [subject] if change.sql else _asked(args), befores)
        used = frozenset[str]().union(*(each.indexes for each in afters))
        facts = gain(befores[: len(afters)], afters) | {
            "used": any(name.name in used for name in made) if made else None,
            "indexes": tuple(sorted(f"{name.schema}.{name.name}" for name in made)),
            "size_bytes": sum(made.values()) if made else None,
            "build_ms": build,
        }
        if change.sql:
            facts["same_rows"] = await same_rows(owner, prepared(change.like or args.sql, args.values), subject)
        if change.down:
            await timed_run(owner, change.down)
            left = differences(state, await snapshot(keeper))
            facts |= {"restores": not left, "not_restored": tuple(left[:5])}
        return base.model_copy(update=facts)
    except (MalformedSql, NoData, Refused) as error:
        return base.model_copy(update={"problem": str(error)})
    except psycopg.Error as error:
        if owner.closed or keeper.closed or isinstance(error, psycopg.errors.DiskFull):
            raise
        await owner.execute("ROLLBACK")
        await _undo(owner, change.down)
        left = differences(state, await snapshot(keeper))
        said = (error.diag.message_primary or str(error)).strip()
        return base.model_copy(update={"problem": said, "not_restored": tuple(left[:5])})
    finally:
        if not (owner.closed or keeper.closed):
            await _drop_indexes(keeper, (await _indexes(keeper)).keys() - known.keys())


async def _timed(owner: psycopg.AsyncConnection, asked: Sequence[Prepared], befores: Sequence[Timed]) -> list[Timed]:
    """The statement with each set of values, with the change; timed anew while something else disturbed the runs."""
    for _ in range(_ANEW):
        afters = [await timed(owner, each) for each in asked]
        if not disturbed(befores[: len(afters)], afters):
            break
    return afters


async def _extend(keeper: psycopg.AsyncConnection, statement: str) -> None:
    """Create an extension as the copy's superuser: nothing but that, and none that reaches files or other servers."""
    asked = split(statement)
    found = EXTENSION.match(asked[0].text) if len(asked) == 1 and asked[0].kind == "CreateExtensionStmt" else None
    if found is None or found[2] not in HARMLESS:
        raise Refused(reason=f"{statement!r} is not run on a copy", needs="Name an extension that only adds types.")
    await keeper.execute(statement.encode())


async def _undo(owner: psycopg.AsyncConnection, down: str) -> None:
    """Run what can be run of a down after its up failed halfway."""
    with suppress(DbcrewError):
        for statement in split(down):
            with suppress(psycopg.DatabaseError):
                await owner.execute(statement.text.encode())


async def _drop_indexes(keeper: psycopg.AsyncConnection, names: Iterable[QualifiedName]) -> None:
    for name in names:
        with suppress(psycopg.DatabaseError):
            await keeper.execute(sql.SQL("DROP INDEX {}").format(name.identifier))


async def _subject(change: Change, args: Args, owner: psycopg.AsyncConnection) -> Prepared:
    """What is timed with the change: the statement itself, or the one in its place with the values it needs."""
    if not change.sql:
        return prepared(args.sql, args.values)
    if len(split(change.sql)) != 1:
        raise MalformedSql(detail="it is not one statement")
    if not change.keys:
        return prepared(change.sql, args.values)
    row = await (await owner.execute(change.keys.encode())).fetchone()
    if row is None:
        raise NoData(reason="the copy has no row before that page", needs="Ask about a page that exists.")
    return prepared(change.sql, (*args.values, *(None if value is None else str(value) for value in row)))


def _asked(args: Args) -> list[Prepared]:
    """The statement with each set of values."""
    return [prepared(args.sql, args.values), *(prepared(text, ()) for text in args.others)]


async def timed_run(connection: psycopg.AsyncConnection, statements: str) -> float:
    """Run statements one by one, as psql would; how long they took, in milliseconds."""
    began = time.perf_counter()
    for statement in split(statements):
        await connection.execute(statement.text.encode())
    return round((time.perf_counter() - began) * 1000, 3)


async def _indexes(keeper: psycopg.AsyncConnection) -> dict[QualifiedName, int]:
    rows = await keeper.execute(
        "SELECT n.nspname, c.relname, pg_relation_size(c.oid) FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('i', 'I') AND n.nspname NOT IN ('pg_catalog', 'pg_toast')"
    )
    return {QualifiedName(schema, name): int(size) for schema, name, size in await rows.fetchall()}


TOOL = Tool("measure", "postgresql", Effect.REHEARSE, Args, run, timeout_s=900.0)
