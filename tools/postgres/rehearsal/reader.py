"""Rows off the live server, as a stream, under one snapshot that is never held for long."""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self

import psycopg
from psycopg import errors, generators, sql
from psycopg.abc import Buffer, PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.waiting import Wait

from common.errors import EngineDied
from tools.postgres.channel import legible
from tools.postgres.connection import Postgres
from tools.postgres.faults import translate

BLOCK = 128 * 1024
"""Bytes of rows that are handed on at once, at least."""


def without_password(info: str) -> tuple[str, dict[str, str]]:
    """A connection string fit for a command line, and the environment that holds its secret."""
    parts = conninfo_to_dict(info)
    secret = parts.pop("password", None)
    return psycopg.conninfo.make_conninfo("", **parts), {"PGPASSWORD": str(secret)} if secret else {}


class Reader:
    """Streams rows from the live server in READ ONLY, REPEATABLE READ transactions.

    One snapshot serves as many reads as fit in `limit_s` seconds, then a new one is taken, so that vacuum on the live
    server is never held back for longer.
    """

    def __init__(self, connection: psycopg.AsyncConnection, where: str, limit_s: float, trace: list[str]) -> None:
        self._connection = connection
        self._where = where
        self._limit_s = limit_s
        self._trace = trace
        self._since: float | None = None
        self.snapshots = 0
        self.longest_s = 0.0

    @classmethod
    @asynccontextmanager
    async def open(cls, postgres: Postgres, limit_s: float, trace: list[str]) -> AsyncIterator[Self]:
        """A reader on a connection of its own. Raises EngineDied when the server is gone."""
        try:
            connection = legible(
                await psycopg.AsyncConnection.connect(
                    postgres.dsn, autocommit=True, application_name="dbcrew copy", connect_timeout=10
                )
            )
        except psycopg.Error as error:
            raise EngineDied(what="PostgreSQL", where=postgres.where, detail=str(error).strip()) from error
        async with connection:
            reader = cls(connection, postgres.where, limit_s, trace)
            yield reader
            await reader.release()

    @property
    def encoding(self) -> str:
        """Python's name of the encoding that rows come in."""
        found = self._connection.info.encoding
        return "utf-8" if found == "ascii" else found

    async def blocks(self, select: sql.Composable) -> AsyncGenerator[bytes, None]:
        """The rows of `select` in COPY's text format, many in a block.

        Raises Slow when it takes longer than a snapshot may be held: ask for less. Raises what common.errors has for
        the server's refusals.
        """
        try:
            await self._renew()
            statement = sql.SQL("COPY ({}) TO STDOUT").format(select)
            self._trace.append(statement.as_string(None))
            async with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
                while block := await self._connection.wait(_block(copy)):
                    yield block
            self._held()
        except errors.QueryCanceled as error:
            await self.release()
            raise Slow from error
        except psycopg.Error as error:
            raise translate(error, "PostgreSQL", self._where) from error

    async def release(self) -> None:
        """Let go of the snapshot; do so before work on the copy that may take longer than one may be held."""
        if self._since is not None and not self._connection.closed:
            self._held()
            with suppress(psycopg.OperationalError):  # gone already, and its snapshot with it; the next read says so
                await self._connection.execute("ROLLBACK")
        self._since = None

    def _held(self) -> None:
        if self._since is not None:
            self.longest_s = max(self.longest_s, time.monotonic() - self._since)

    async def _renew(self) -> None:
        if self._since is not None and time.monotonic() - self._since > self._limit_s / 2:
            await self.release()
        if self._since is None:
            await self._connection.execute("BEGIN READ ONLY ISOLATION LEVEL REPEATABLE READ")
            # First of all: the role's own path may put somebody's functions and operators before the built-in ones.
            await self._connection.execute("SET LOCAL search_path TO pg_catalog, pg_temp")
            await self._connection.execute(
                "SELECT set_config('idle_in_transaction_session_timeout', %s, true),"
                " set_config('lock_timeout', '2s', true), set_config('DateStyle', 'ISO, YMD', true),"
                " set_config('IntervalStyle', 'postgres', true), set_config('bytea_output', 'hex', true)",
                # Rows that are on their way may keep this side busy for a while after the server has sent them.
                (str(int(self._limit_s * 3000)),),
            )
            self._since = time.monotonic()
            self.snapshots += 1
        left = max(100, int((self._limit_s - (time.monotonic() - self._since)) * 1000))
        await self._connection.execute("SELECT set_config('statement_timeout', %s, true)", (str(left),))


def _block(copy: psycopg.AsyncCopy) -> PQGen[bytes]:
    """The next rows, until there are enough of them or no more; nothing at the end.

    `AsyncCopy.read` gives the event loop a turn for every row, which takes longer than the server does; and a generator
    for every row takes longer than its bytes.
    """
    connection = copy.connection.pgconn
    rows: list[Buffer] = []
    size = 0
    while size < BLOCK and not copy._finished:
        count, row = connection.get_copy_data(1)
        if count > 0:
            rows.append(row)
            size += count
        elif count == 0:
            while not (yield Wait.R):
                continue
            connection.consume_input()
        else:
            copy._finished = True
            for result in (yield from generators.fetch_many(connection)):
                if result.status != ExecStatus.COMMAND_OK:
                    raise error_from_result(result, encoding=copy.connection.info.encoding)
    return b"".join(rows)


class Slow(Exception):
    """A read took longer than a snapshot may be held on the live server."""
