"""How long a statement takes by the server's own clock: of a short one, sending it and waking up would be the most."""

import time

import psycopg
from psycopg.rows import tuple_row

_NOW = "SELECT extract(epoch FROM clock_timestamp())::float8"
_TURNS = 6
_BUDGET_S = 0.4


async def server_ms(connection: psycopg.AsyncConnection, text: str) -> float:
    """Milliseconds of one statement, in a transaction that is open. Raises psycopg.Error."""
    # A plain cursor, whatever the connection's own ones do: three statements in one message.
    async with psycopg.AsyncCursor(connection, row_factory=tuple_row) as cursor:
        await cursor.execute(f"{_NOW};\n{text}\n;{_NOW}".encode())
        began = ended = await cursor.fetchone()
        while cursor.nextset():
            if cursor.description is not None:
                ended = await cursor.fetchone()
    assert began is not None
    assert ended is not None
    return float(ended[0] - began[0]) * 1000


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
