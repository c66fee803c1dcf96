"""A live PostgreSQL, read only: the channel and the transaction that refuse (layers 3 and 4 of what makes it safe)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from typing import Any, Self

import psycopg
from psycopg import capabilities, generators, sql
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

from common.config.settings import Settings
from common.errors import TooLarge, WriteRefused
from common.queries import query
from tools.postgres.channel import Channel, merged, open_channel
from tools.postgres.channel import Row as Row
from tools.postgres.faults import Limits, translate, unreachable
from tools.postgres.place import place as place

Params = Sequence[Any] | Mapping[str, Any] | None

_SESSIONS = 4
_PREPARED = "dbcrew_statement"
_CHUNK = 100
"""Rows taken from the wire at a time, where libpq can (17 and later); the byte cap holds within a chunk too."""


class Postgres:
    """A live PostgreSQL that is only looked at.

    Every session is one READ ONLY transaction with time limits, sent over the extended protocol (several statements in
    one string cannot run), always rolled back. Facts about the server are read once, on connecting. At most four
    sessions run at a time; further ones wait.
    """

    def __init__(self, dsn: str, settings: Settings, facts: Row) -> None:
        self.dsn = dsn
        """As given, password and all: to connect with, never to print (`where` is for that)."""
        self._settings = settings
        self.trusted = settings.trusted
        """Functions of the database's own that its owner lists as reads, as `schema.name`."""
        self._free = asyncio.Semaphore(_SESSIONS)
        self._idle: list[Channel] = []
        self.where = str(facts["where"])
        """host:port/database, without the password."""
        self.server_version = str(facts["server_version"])
        """As the server says it, such as `15.20 (Debian 15.20-0+deb12u1)`."""
        self.version = int(facts["version_num"])
        """server_version_num, such as 150020."""
        self.role = str(facts["role"])
        self.database = str(facts["database"])

    @classmethod
    async def connect(cls, dsn: str, settings: Settings) -> Self:
        """Connect to `dsn` (a libpq URI or key=value string).

        Raises InputError when `dsn` is not a connection string, Unreachable when no server answers to it.
        """
        where = place(dsn)
        try:
            channel = await open_channel(dsn)
            facts = await (await channel.execute(query(__package__ or "", "facts"))).fetchone()
        except (psycopg.Error, OSError) as error:
            raise unreachable(error, where) from error
        server = cls(dsn, settings, {**(facts or {}), "where": where})
        server._idle.append(channel)
        return server

    async def close(self) -> None:
        """Close every connection."""
        while self._idle:
            await self._idle.pop().close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def session(
        self, trace: list[str] | None = None, *, timeout_ms: int | None = None
    ) -> AsyncIterator["Session"]:
        """One read-only transaction; `trace` receives every statement as sent. Rolled back when the block ends.

        Raises EngineDied when the server goes away, and what common.errors has for each refusal of the server.
        """
        limits = Limits(timeout_ms or self._settings.statement_timeout_ms, self._settings.lock_timeout_ms)
        try:
            async with self._free:
                channel = await self._begun(limits)
                try:
                    yield Session(channel, self._settings, self.version, [] if trace is None else trace)
                finally:
                    await self._release(channel)
        except psycopg.Error as error:
            raise translate(error, "PostgreSQL", self.where, limits, self.role) from error

    async def _begun(self, limits: Limits) -> Channel:
        while self._idle:
            channel = self._idle.pop()
            try:
                await _begin(channel, limits)
                return channel
            except psycopg.OperationalError:  # closed by the server or a pooler while it lay idle
                await channel.close()
        channel = await open_channel(self.dsn)
        async with AsyncExitStack() as undo:
            undo.push_async_callback(channel.close)
            await _begin(channel, limits)
            undo.pop_all()
        return channel

    async def _release(self, channel: Channel) -> None:
        try:
            await asyncio.wait_for(_end(channel), 10)
        except (psycopg.Error, TimeoutError):
            await channel.close()
        finally:
            if channel.info.transaction_status is TransactionStatus.IDLE and not channel.closed:
                self._idle.append(channel)
            else:
                await channel.close()


class Session:
    """One read-only transaction on a live PostgreSQL."""

    def __init__(self, channel: Channel, settings: Settings, version: int, trace: list[str]) -> None:
        self._channel = channel
        self._settings = settings
        self._trace = trace
        self.version = version

    async def rows(self, statement: str | sql.Composable, params: Params = None) -> list[Row]:
        """All rows of one statement, as dictionaries; values go in as literals, so that the trace can be run again.

        Raises TooLarge when there are more rows or bytes than the settings allow, before more than that is held, and
        WriteRefused when the statement is one that returns no rows (SET, COMMIT, DO, …): the session is over then.
        """
        if self._channel.info.transaction_status is not TransactionStatus.INTRANS:
            raise WriteRefused(reason="the read-only transaction is over", needs="Ask again, in a new one.")
        # psycopg takes all that goes to a SQL_ASCII server for ASCII: there the words are put together as UTF-8.
        plain = self._channel.encoding == "sql_ascii"
        text = statement if isinstance(statement, str) else statement.as_string(None if plain else self._channel)
        if params is not None:
            text = merged(self._channel, text, params)
        self._trace.append(text.strip().rstrip(";"))
        found: list[Row] = []
        size = 0
        most = (
            f"{self._settings.result_rows:,} rows (the setting DBCREW_RESULT_ROWS) or "
            f"{self._settings.result_bytes:,} bytes (DBCREW_RESULT_BYTES)"
        )
        with self._channel.metered(self._settings.result_bytes, most):
            async with self._channel.cursor() as cursor, aclosing(_stream(cursor, text)) as stream:
                try:
                    async for row in stream:
                        if len(found) >= self._settings.result_rows:
                            raise TooLarge(what="The result", size=f"more than {len(found):,} rows", limit=most)
                        size += sum(len(value) for value in row.values() if isinstance(value, str))
                        if size > self._settings.result_bytes:
                            raise TooLarge(what="The result", size=f"more than {size:,} bytes", limit=most)
                        found.append(row)
                except psycopg.ProgrammingError as error:
                    if error.sqlstate is not None:
                        raise
                    await self._channel.close()
                    raise WriteRefused(
                        reason="the statement returns no rows, so it is not a read",
                        needs="Send a SELECT, VALUES, TABLE, SHOW or EXPLAIN.",
                    ) from error
        return found

    async def row(self, statement: str | sql.Composable, params: Params = None) -> Row | None:
        """The first row of one statement, or None."""
        return next(iter(await self.rows(statement, params)), None)

    async def value(self, statement: str | sql.Composable, params: Params = None) -> Any:
        """The first column of the first row, or None."""
        row = await self.row(statement, params)
        return None if row is None else next(iter(row.values()))

    @asynccontextmanager
    async def prepared(self, statement: str) -> AsyncIterator[tuple[str, list[str]]]:
        """`statement` with its `$1`, `$2`, … under a name for EXECUTE, and the type of each parameter.

        Raises InputError when the server cannot tell the type of a parameter.
        """
        self._trace.append(f"PREPARE {_PREPARED} AS {statement.strip().rstrip(';')}")
        oids = await self._channel.wait(_prepare(self._channel.pgconn, _PREPARED.encode(), statement.encode()))
        yield _PREPARED, [str(await self.value("SELECT %s::oid::regtype::text", (oid,))) for oid in oids]
        if self._channel.info.transaction_status is TransactionStatus.INTRANS:  # else DISCARD ALL takes it away
            await self._channel.execute(f"DEALLOCATE {_PREPARED}")

    async def set_local(self, name: str, value: str) -> None:
        """Set a configuration parameter for this transaction only."""
        await self.rows("SELECT set_config(%s, %s, true)", (name, value))


def _prepare(connection: PGconn, name: bytes, statement: bytes) -> Generator[Any, Any, list[int]]:
    """Parse and describe over the extended protocol, which takes one statement only."""
    connection.send_prepare(name, statement)
    _fine(connection, (yield from generators.execute(connection)))
    connection.send_describe_prepared(name)
    described = _fine(connection, (yield from generators.execute(connection)))
    return [described.param_type(number) for number in range(described.nparams)]


def _fine(connection: PGconn, results: list[PGresult]) -> PGresult:
    if results[-1].status == ExecStatus.FATAL_ERROR:
        raise error_from_result(results[-1], encoding="utf-8")
    return results[-1]


async def _begin(channel: Channel, limits: Limits) -> None:
    """Open the transaction. Snapshot and savepoint, each alone, make SET TRANSACTION READ WRITE impossible."""
    values = {
        "statement_timeout": str(limits.statement_ms),
        "lock_timeout": str(limits.lock_ms),
        "idle_timeout": str(2 * limits.statement_ms),
        "encoding": channel.encoding,
    }
    settings = merged(channel, query(__package__ or "", "session"), values)
    await channel.execute(f"BEGIN READ ONLY; {settings}; SAVEPOINT dbcrew".encode())


async def _end(channel: Channel) -> None:
    """Leave nothing behind. What outlives a transaction is undone inside it, the one time a pooler's server is ours."""
    status = channel.info.transaction_status
    if channel.closed or status is TransactionStatus.ACTIVE:
        return
    if status is TransactionStatus.INERROR:
        await channel.execute("ROLLBACK TO SAVEPOINT dbcrew")
    if status is not TransactionStatus.IDLE:
        with suppress(psycopg.errors.ReadOnlySqlTransaction):
            await _undo(channel)
        await channel.execute("ROLLBACK")
    await channel.execute("DISCARD ALL")


async def _undo(channel: Channel) -> None:
    """Advisory locks survive ROLLBACK; hypothetical indexes survive ROLLBACK and DISCARD ALL."""
    row = await (await channel.execute(query(__package__ or "", "undo"))).fetchone()
    if row is not None and row["hypopg"] is not None:
        await channel.execute(sql.SQL("SELECT {}.hypopg_reset()").format(sql.Identifier(row["hypopg"])))


async def _stream(cursor: psycopg.AsyncCursor[Row], text: str) -> AsyncGenerator[Row, None]:
    chunk = _CHUNK if capabilities.has_stream_chunked() else 1
    async for row in cursor.stream(text.encode(), size=chunk):
        yield row
