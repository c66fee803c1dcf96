"""How long a statement takes by the server's own clock: of a short one, sending it and waking up would be the most."""

import time
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg.rows import tuple_row

_NOW = "SELECT extract(epoch FROM clock_timestamp())::float8"
_TURNS = 6
_BUDGET_S = 0.4
_LEAST_SHARE = 0.2
"""Waiting before the clock is first read is counted as well: of a short time it could be more than all."""


async def server_ms(connection: psycopg.AsyncConnection, text: str) -> float:
    """Milliseconds of one statement, in a transaction that is open. Raises psycopg.Error.

    Without the time in which the server's process was ready and others had the processors, where Linux tells it: this
    machine has other work than a database server has. What its parallel workers waited for is not left out.
    """
    pid = connection.info.backend_pid
    queued_ms = _queued_ms(pid)
    # A plain cursor, whatever the connection's own ones do: three statements in one message.
    async with psycopg.AsyncCursor(connection, row_factory=tuple_row) as cursor:
        await cursor.execute(f"{_NOW};\n{text}\n;{_NOW}".encode())
        began = ended = await cursor.fetchone()
        while cursor.nextset():
            if cursor.description is not None:
                ended = await cursor.fetchone()
    assert began is not None
    assert ended is not None
    taken_ms = float(ended[0] - began[0]) * 1000
    return max(taken_ms - (_queued_ms(pid) - queued_ms), _LEAST_SHARE * taken_ms)


async def least_ms(connection: psycopg.AsyncConnection, text: str) -> float:
    """The least of several runs, each undone, in a transaction that is open. Raises psycopg.Error.

    For what leaves nothing behind when it is rolled back; changed rows would stay in the table's file as dead ones.
    """
    least = float("inf")
    until = time.monotonic() + _BUDGET_S
    for _ in range(_TURNS):
        async with connection.transaction(force_rollback=True):  # a savepoint
            least = min(least, await server_ms(connection, text))
        if time.monotonic() > until:
            break
    return least


def _queued_ms(pid: int) -> float:
    """Milliseconds that a server process of this machine has waited for a processor; 0 where nobody tells.

    The second number of schedstat, in nanoseconds (Linux, Documentation/scheduler/sched-stats.rst).
    """
    with suppress(OSError, ValueError, IndexError):
        place = Path("/proc", str(pid))
        if b"postgres" in (place / "cmdline").read_bytes():  # on another machine the number is another process's
            return int((place / "schedstat").read_text().split()[1]) / 1e6
    return 0.0
