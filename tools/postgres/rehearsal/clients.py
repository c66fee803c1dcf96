"""An application at work on the copy while the migration runs: point reads, point writes, and the busiest statements."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import LiteralString

import psycopg
from psycopg import sql

from tools.postgres.channel import Utf8Cursor
from tools.postgres.rehearsal.copy import Copy
from tools.postgres.rehearsal.locks import Work
from tools.postgres.rehearsal.names import QualifiedName

_PAUSE_S = 0.02
"""Between two statements of a client: enough to see a wait, little enough not to slow down what is measured."""
_MOST_TABLES = 4
# A tuple is looked up by its place, so that neither an index nor the table's size matters.
_POINTS: tuple[tuple[Work, LiteralString], ...] = (
    ("reads", "SELECT FROM {} WHERE ctid = '(0,1)'"),
    ("writes", "DELETE FROM {} WHERE ctid = '(0,1)'"),
)
_BEHIND = "SELECT pid FROM unnest(%s::int[]) AS pid WHERE %s = ANY (pg_blocking_pids(pid))"


@dataclass(frozen=True)
class Wait:
    """A client that the migration kept waiting; moments as `time.perf_counter` has them."""

    table: QualifiedName | None
    """None for one of the server's own statements."""
    work: Work
    began: float
    ended: float


@dataclass
class _Client:
    connection: psycopg.AsyncConnection
    table: QualifiedName | None
    work: Work
    statements: Sequence[sql.Composed | bytes]
    sent: float | None = None
    """When the statement that it waits for now was sent."""
    behind: bool = False
    """The migration was seen to block it."""


@dataclass
class Clients:
    """One reader and one writer for each table, and one client for the server's own statements.

    Whatever they write is rolled back.
    """

    clients: list[_Client] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)

    async def look(self, watcher: psycopg.AsyncConnection, runner_pid: int) -> None:
        """See who waits behind the migration's connection now."""
        waiting = {each.connection.info.backend_pid: each for each in self.clients if each.sent is not None}
        if not waiting:
            return
        cursor = await watcher.execute(_BEHIND, (list(waiting), runner_pid))
        for (pid,) in await cursor.fetchall():
            waiting[pid].behind = True

    async def settle(self) -> None:
        """Let those who waited finish what they sent."""
        for _ in range(50):
            if not any(each.behind and each.sent is not None for each in self.clients):
                return
            await asyncio.sleep(0.002)

    async def work(self, client: _Client) -> None:
        """Send statement after statement, until cancelled."""
        turn = 0
        while True:
            client.sent, client.behind = time.perf_counter(), False
            with suppress(psycopg.DatabaseError):  # the table may be gone, the deadlock may be ours to give way
                async with client.connection.transaction(force_rollback=True):
                    await client.connection.execute(client.statements[turn % len(client.statements)])
            if client.behind:
                self.waits.append(Wait(client.table, client.work, client.sent, time.perf_counter()))
            client.sent = None
            turn += 1
            await asyncio.sleep(_PAUSE_S)


@asynccontextmanager
async def clients_of(copy: Copy, tables: Sequence[QualifiedName], served: Sequence[str] = ()) -> AsyncIterator[Clients]:
    """The clients at work until the block ends; of many tables the largest have some.

    `served` are statements with values in them, run as a role that is no superuser.
    """
    kinds = {each.name: each for each in copy.relations if each.kind in "rp"}
    named = sorted((each for each in tables if each in kinds), key=lambda each: -kinds[each].live_rows)
    found = Clients()
    async with AsyncExitStack() as stack:
        for table in named[:_MOST_TABLES]:
            for work, text in _POINTS:
                connection = await stack.enter_async_context(await copy.connect())
                # Whoever notices a deadlock first gives way: that must never be the migration.
                await connection.execute("SET session_replication_role = replica; SET deadlock_timeout = '20ms'")
                statement = sql.SQL(text).format(table.identifier)
                found.clients.append(_Client(connection, table, work, [statement]))
        if served:
            connection = await stack.enter_async_context(await copy.connect_as_owner())
            connection.cursor_factory = Utf8Cursor  # the values are the copy's own, and masked already
            # Shorter than deadlock_timeout, which this role may not set: in a deadlock it is never the migration that dies.
            await connection.execute("SET lock_timeout = '500ms'")
            found.clients.append(_Client(connection, None, "reads", [each.encode() for each in served]))
        tasks = [asyncio.create_task(found.work(each)) for each in found.clients]
        try:
            yield found
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
