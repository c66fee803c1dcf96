"""Running a migration on the copy: what each statement takes, rewrites and costs, while somebody else tries to work."""

import asyncio
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import psycopg
from pglast import ast
from pglast.enums import TransactionStmtKind
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from common import directories
from common.errors import DiskFull, TimedOut
from common.queries import query
from tools.postgres.channel import Row
from tools.postgres.rehearsal.copy import Copy
from tools.postgres.rehearsal.locks import MODES, Lock, Work, blocks
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.script import Statement

_HERE = "tools.postgres.rehearsal"
_POLL_S = 0.005
_KEEP_FREE_BYTES = 200_000_000
_ENDS = (
    TransactionStmtKind.TRANS_STMT_COMMIT,
    TransactionStmtKind.TRANS_STMT_ROLLBACK,
    TransactionStmtKind.TRANS_STMT_PREPARE,
)


@dataclass(frozen=True)
class Step:
    """One statement as it ran on the copy."""

    number: int
    sql: str
    ms: float
    locks: tuple[Lock, ...] = ()
    rewritten: tuple[QualifiedName, ...] = ()
    """Tables whose file was written anew."""
    built: tuple[QualifiedName, ...] = ()
    """Indexes that are new or were built anew."""
    wal_bytes: int = 0
    rows: int = -1
    """Rows the statement changed; -1 when it changes none by nature."""
    error: str | None = None
    sqlstate: str | None = None


@dataclass
class _Run:
    copy: Copy
    runner: psycopg.AsyncConnection
    watcher: psycopg.AsyncConnection
    prober: psycopg.AsyncConnection
    limit_s: float
    files: dict[int, Row] = field(default_factory=dict)
    seen: dict[tuple[QualifiedName, str], set[Work]] = field(default_factory=dict)


async def run_on(copy: Copy, statements: Sequence[Statement], *, owner: str | None, limit_s: float) -> list[Step]:
    """Run the statements in order, stopping at the first that fails (the last step then has `error`).

    They run as a role that is no superuser, under `owner` where given. Each is its own transaction unless the file has
    begun one. While its locks are held, another client tries to read and to write every table concerned.

    Raises TimedOut when one takes longer than `limit_s` seconds, DiskFull when it eats the disk.
    """
    runner, watcher, prober = await copy.connect_as_owner(), await copy.connect(), await copy.connect()
    async with runner, watcher, prober:
        if owner is not None:
            await runner.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(owner)))
        await prober.execute("SET lock_timeout = '15ms'")
        await prober.execute("SET session_replication_role = replica")
        run = _Run(copy, runner, watcher, prober, limit_s)
        steps: list[Step] = []
        began = False
        first = 0
        for statement in statements:
            step = await _step(run, statement)
            steps.append(step)
            if step.error is not None:
                with suppress(psycopg.Error):
                    await runner.execute("ROLLBACK")
                break
            if isinstance(statement.node, ast.TransactionStmt):
                if statement.node.kind in _ENDS and began:
                    _hold(steps, first)
                    began = False
                elif not began:
                    began, first = True, len(steps)
        if began:
            with suppress(psycopg.Error):
                await runner.execute("ROLLBACK")
            _hold(steps, first)
        return steps


def _hold(steps: list[Step], first: int) -> None:
    """Locks of an explicit transaction are held until it ends: the sum of what its statements take, our probes aside."""
    for index in range(first, len(steps)):
        held = round(sum(step.ms for step in steps[index:]), 3)
        steps[index] = replace(steps[index], locks=tuple(lock.held_until(held) for lock in steps[index].locks))


async def _step(run: _Run, statement: Statement) -> Step:
    run.files = await _files(run)
    run.seen = {}
    lsn = await _lsn(run.watcher)
    wrap = not (statement.in_transaction or statement.control or statement.alone)
    began = time.perf_counter()
    error: psycopg.Error | None = None
    rows = -1
    watch = asyncio.create_task(_watch(run, poll=statement.alone))
    try:
        async with asyncio.timeout(run.limit_s):
            if wrap:
                await run.runner.execute("BEGIN")
            cursor = await run.runner.execute(statement.sql.encode())
            if isinstance(statement.node, ast.InsertStmt | ast.UpdateStmt | ast.DeleteStmt | ast.MergeStmt):
                rows = cursor.rowcount
            ms = (time.perf_counter() - began) * 1000
            if not statement.alone and not statement.control:
                await _look(run)
            if wrap:
                commit = time.perf_counter()
                await run.runner.execute("COMMIT")
                ms += (time.perf_counter() - commit) * 1000
    except psycopg.Error as failed:
        error, ms = failed, (time.perf_counter() - began) * 1000
    except TimeoutError:
        await _stop(run)
        raise TimedOut(
            what=f"Statement {statement.number} (line {statement.line}) on the copy", seconds=f"{run.limit_s:g}",
            next="It was stopped and nothing was changed: see whether it ever ends, or do it in batches.",
        ) from None  # fmt: skip
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch
    if watch.done() and not watch.cancelled() and watch.exception() is not None:
        raise DiskFull(where=str(directories.engines()), doing=f"rehearsing statement {statement.number}")
    if error is not None and isinstance(error, psycopg.errors.DiskFull):
        raise DiskFull(where=str(directories.engines()), doing=f"rehearsing statement {statement.number}") from error
    known = set(run.files)
    after = run.files if error is not None else await _files(run)
    changed = [row for oid, row in after.items() if oid not in known or row["file"] != run.files[oid]["file"]]
    return Step(
        number=statement.number,
        sql=statement.sql,
        ms=round(ms, 3),
        locks=_locks(run, statement.number, ms),
        rewritten=tuple(_name(row) for row in changed if row["kind"] in "rm" and row["oid"] in known),
        built=tuple(_name(row) for row in changed if row["kind"] == "i"),
        wal_bytes=await _lsn(run.watcher) - lsn,
        rows=rows,
        error=_said(error) if error else None,
        sqlstate=error.sqlstate if error else None,
    )


def _said(error: psycopg.Error) -> str:
    return ". ".join(
        part.strip().rstrip(".")
        for part in (error.diag.message_primary or str(error), error.diag.message_detail)
        if part
    )


async def _stop(run: _Run) -> None:
    with suppress(psycopg.Error):
        await run.watcher.execute("SELECT pg_terminate_backend(%s)", (run.runner.info.backend_pid,))


async def _watch(run: _Run, *, poll: bool) -> None:
    """Beside a running statement: the disk, and the locks of what takes and drops them in transactions of its own."""
    checked = 0.0
    while True:
        if time.monotonic() - checked > 0.5:
            checked = time.monotonic()
            if shutil.disk_usage(directories.engines()).free < _KEEP_FREE_BYTES:
                await _stop(run)
                raise OSError
        if poll:
            with suppress(psycopg.Error):
                await _look(run)
        await asyncio.sleep(_POLL_S)


async def _look(run: _Run) -> None:
    """Which locks the runner holds now, and whether another client can work beside it."""
    async with run.watcher.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query(_HERE, "held"), {"pid": run.runner.info.backend_pid})
        held = await cursor.fetchall()
    for row in held:
        if row["relation"] not in run.files or row["kind"] not in "rpmv":
            continue
        key = (_name(row), row["mode"])
        if key not in run.seen:
            run.seen[key] = set()
            if MODES.index(row["mode"]) >= MODES.index("ShareUpdateExclusiveLock") and row["kind"] in "rp":
                run.seen[key] = await _probe(run.prober, key[0])


async def _probe(prober: psycopg.AsyncConnection, table: QualifiedName) -> set[Work]:
    """Try to read and to write, as an application would; nothing is changed."""
    waiting: set[Work] = set()
    attempts: tuple[tuple[Work, str], ...] = (
        ("reads", "SELECT FROM {} LIMIT 1"),
        ("writes", "DELETE FROM {} WHERE false"),
    )
    for work, text in attempts:
        try:
            await prober.execute(sql.SQL(text).format(table.identifier))
        except psycopg.errors.LockNotAvailable:
            waiting.add(work)
        except psycopg.Error:
            continue
    return waiting


def _locks(run: _Run, number: int, ms: float) -> tuple[Lock, ...]:
    strongest: dict[QualifiedName, str] = {}
    for table, mode in run.seen:
        if table not in strongest or MODES.index(mode) > MODES.index(strongest[table]):
            strongest[table] = mode
    found = []
    for table, mode in strongest.items():
        waited = run.seen[(table, mode)] | set(blocks(mode))
        works: tuple[Work, ...] = tuple(work for work in ("reads", "writes") if work in waited)
        found.append(Lock(number, mode, table, round(ms, 3), works))
    return tuple(sorted(found, key=lambda lock: -MODES.index(lock.mode)))


async def _files(run: _Run) -> dict[int, Row]:
    """The files behind relations; within a transaction of the runner only it can see what it has changed."""
    inside = run.runner.info.transaction_status is TransactionStatus.INTRANS
    async with (run.runner if inside else run.watcher).cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query(_HERE, "files"))
        return {row["oid"]: row for row in await cursor.fetchall()}


async def _lsn(watcher: psycopg.AsyncConnection) -> int:
    row = await (await watcher.execute("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")).fetchone()
    assert row is not None
    return int(row[0])


def _name(row: Row) -> QualifiedName:
    return QualifiedName(row["schema"], row["name"])
