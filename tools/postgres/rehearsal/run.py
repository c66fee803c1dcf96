"""Running a migration on the copy: what each statement takes, rewrites and costs, while somebody else tries to work."""

import asyncio
import shutil
import time
from collections.abc import Callable, Sequence
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
from tools.postgres.rehearsal.clients import Clients, clients_of
from tools.postgres.rehearsal.copy import Copy
from tools.postgres.rehearsal.floor import floors
from tools.postgres.rehearsal.locks import MODES, Lock, blocks
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.said import said
from tools.postgres.rehearsal.script import Statement
from tools.postgres.rehearsal.step import Step, hold, waited

_HERE = "tools.postgres.rehearsal"
_POLL_S = 0.01
_TELL_S = 15.0
_KEEP_FREE_BYTES = 200_000_000
_ENDS = (
    TransactionStmtKind.TRANS_STMT_COMMIT,
    TransactionStmtKind.TRANS_STMT_ROLLBACK,
    TransactionStmtKind.TRANS_STMT_PREPARE,
)


@dataclass
class _Run:
    copy: Copy
    runner: psycopg.AsyncConnection
    watcher: psycopg.AsyncConnection
    clients: Clients
    limit_s: float
    progress: Callable[[str], None]
    floors: dict[int, float] = field(default_factory=dict)
    files: dict[int, Row] = field(default_factory=dict)
    seen: dict[tuple[QualifiedName, str], list[float]] = field(default_factory=dict)
    """Locks of the statement that runs, each with the moments when it was first and last seen."""
    held: set[tuple[QualifiedName, str]] = field(default_factory=set)
    """What the transaction that is open held before."""
    worked: list[tuple[float, float]] = field(default_factory=list)
    """When a statement ran, our own looks aside."""


async def run_on(
    copy: Copy,
    statements: Sequence[Statement],
    *,
    owner: str | None,
    limit_s: float,
    beside: Sequence[QualifiedName] = (),
    served: Sequence[str] = (),
    progress: Callable[[str], None] = lambda line: None,
) -> list[Step]:
    """Run the statements in order, stopping at the first that fails (the last step then has `error`).

    They run as a role that is no superuser, under `owner` where given. Each is its own transaction unless the file has
    begun one. Meanwhile clients read and write single rows of the tables `beside`, and send the statements `served`.

    Raises TimedOut when one takes longer than `limit_s` seconds, whatever timeouts it sets itself, DiskFull when it
    eats the disk.
    """
    runner, watcher = await copy.connect_as_owner(), await copy.connect()
    async with runner, watcher:
        if owner is not None:
            await runner.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(owner)))
        taken = await floors(runner, statements) if beside else {}
        async with clients_of(copy, beside, served) as clients:
            run = _Run(copy, runner, watcher, clients, limit_s, progress, taken)
            return await _steps(run, statements)


async def _steps(run: _Run, statements: Sequence[Statement]) -> list[Step]:
    steps: list[Step] = []
    spans: list[tuple[float, float]] = []
    """When each began, and when its locks were gone."""
    began = False
    first = 0
    for statement in statements:
        start = time.perf_counter()
        steps.append(await _step(run, statement))
        spans.append((start, time.perf_counter()))
        if steps[-1].error is not None:
            break
        if isinstance(statement.node, ast.TransactionStmt):
            if statement.node.kind in _ENDS and began:
                hold(steps, spans, first)
                began = False
            elif not began:
                began, first = True, len(steps)
    if began or steps[-1].error is not None:
        with suppress(psycopg.Error):
            await run.runner.execute("ROLLBACK")
    if began:
        hold(steps, spans, first)
    await run.clients.settle()
    return [
        replace(step, locks=waited(step, span, run.clients.waits, run.worked))
        for step, span in zip(steps, spans, strict=True)
    ]


async def _step(run: _Run, statement: Statement) -> Step:
    run.files = await _files(run)
    run.held = run.held | run.seen.keys() if statement.in_transaction else set()
    run.seen = {}
    lsn = await _lsn(run.watcher)
    wrap = not (statement.in_transaction or statement.control or statement.alone)
    began = time.perf_counter()
    error: psycopg.Error | None = None
    rows = -1
    scanned: tuple[QualifiedName, ...] = ()
    pid = run.runner.info.backend_pid
    watch = asyncio.create_task(_watch(run, pid, statement))
    try:
        async with asyncio.timeout(run.limit_s):
            if wrap:
                await run.runner.execute("BEGIN")
            # Within a transaction the session tells nobody what it read: the difference is this statement's.
            read = {} if statement.alone or statement.control else await _read(run)
            began = time.perf_counter()
            cursor = await run.runner.execute(statement.sql.encode())
            if isinstance(statement.node, ast.InsertStmt | ast.UpdateStmt | ast.DeleteStmt | ast.MergeStmt):
                rows = cursor.rowcount
            run.worked.append((began, time.perf_counter()))
            ms = (time.perf_counter() - began) * 1000
            if not statement.alone and not statement.control:
                await _look(run)
                scanned = _scans(run, read, await _read(run))
            if wrap:
                commit = time.perf_counter()
                await run.runner.execute("COMMIT")
                run.worked.append((commit, time.perf_counter()))
                ms += (time.perf_counter() - commit) * 1000
    except psycopg.Error as failed:
        error, ms = failed, (time.perf_counter() - began) * 1000
    except TimeoutError:
        await _stop(run, pid)
        raise TimedOut(
            what=f"Statement {statement.number} (line {statement.line}) on the copy", seconds=f"{run.limit_s:g}",
            next="Nothing was changed on the live server: see whether it ever ends, or do it in batches.",
        ) from None  # fmt: skip
    finally:
        watch.cancel()
        await asyncio.wait([watch])
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
        locks=_locks(run, statement, ms),
        tables=tuple(sorted({table for table, _ in run.seen})),
        rewritten=tuple(_name(row) for row in changed if row["kind"] in "rm" and row["oid"] in known),
        built=tuple(_name(row) for row in changed if row["kind"] == "i"),
        scanned=scanned,
        floor_ms=round(run.floors.get(statement.number, 0.0), 3),
        wal_bytes=await _lsn(run.watcher) - lsn,
        rows=rows,
        error=said(error, statement.sql) if error else None,
        sqlstate=error.sqlstate if error else None,
        failed_on=_failed_on(error) if error else None,
    )


async def _read(run: _Run) -> dict[int, int]:
    """Rows that this session has read in sequential scans, by table, and not told the server of."""
    cursor = await run.runner.execute(query(_HERE, "read"))
    return {oid: int(rows) for oid, rows in await cursor.fetchall()}


def _scans(run: _Run, before: dict[int, int], after: dict[int, int]) -> tuple[QualifiedName, ...]:
    """The tables of which a statement read at least nine rows of ten."""
    return tuple(
        _name(row)
        for oid, row in run.files.items()
        if row["kind"] in "rm" and row["rows"] > 0 and after.get(oid, 0) - before.get(oid, 0) >= 0.9 * row["rows"]
    )


def _failed_on(error: psycopg.Error) -> QualifiedName | None:
    schema, table = error.diag.schema_name, error.diag.table_name
    return QualifiedName(schema, table) if schema and table else None


async def _stop(run: _Run, pid: int) -> None:
    """End the session itself: a statement may catch that it is cancelled."""
    with suppress(psycopg.Error):
        await run.watcher.execute("SELECT pg_terminate_backend(%s)", (pid,))


async def _watch(run: _Run, pid: int, statement: Statement) -> None:
    """Beside a running statement: the disk, who waits, and the locks of what takes and drops them as it goes."""
    checked = 0.0
    began = told = time.monotonic()
    while True:
        if time.monotonic() - told > _TELL_S:
            told = time.monotonic()
            run.progress(
                f"statement {statement.number} (line {statement.line}) runs on the copy for {told - began:.0f} s now; "
                f"it is stopped after {run.limit_s:g} s"
            )
        if time.monotonic() - checked > 0.1:
            checked = time.monotonic()
            if shutil.disk_usage(directories.engines()).free < _KEEP_FREE_BYTES:
                await _stop(run, pid)
                raise OSError
        with suppress(psycopg.Error):
            if statement.alone:
                await _look(run)
            await run.clients.look(run.watcher, pid)
        await asyncio.sleep(_POLL_S)


async def _look(run: _Run) -> None:
    """Which locks the runner holds now, and who waits for them."""
    async with run.watcher.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query(_HERE, "held"), {"pid": run.runner.info.backend_pid})
        held = await cursor.fetchall()
    now = time.perf_counter()
    for row in held:
        if row["relation"] in run.files and row["kind"] in "rpmv":
            run.seen.setdefault((_name(row), row["mode"]), [now, now])[1] = now
    await run.clients.look(run.watcher, run.runner.info.backend_pid)


def _locks(run: _Run, statement: Statement, ms: float) -> tuple[Lock, ...]:
    """The strongest lock on each table. What ends transactions itself holds it from when it was first seen to last."""
    strongest: dict[QualifiedName, str] = {}
    for table, mode in run.seen.keys() - run.held:
        if table not in strongest or MODES.index(mode) > MODES.index(strongest[table]):
            strongest[table] = mode
    found = []
    for table, mode in strongest.items():
        first, last = run.seen[(table, mode)]
        held_ms = min(ms, (last - first + _POLL_S) * 1000) if statement.concurrently else ms
        found.append(Lock(statement.number, mode, table, round(held_ms, 3), blocks(mode)))
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
