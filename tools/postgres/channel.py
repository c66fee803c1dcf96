"""One connection to a live PostgreSQL that counts what comes in, so that a result cannot fill the memory."""

import array
import fcntl
import termios
from collections.abc import AsyncIterator, Generator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import sql
from psycopg._queries import PostgresClientQuery
from psycopg.abc import Buffer
from psycopg.adapt import Loader, Transformer
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader
from psycopg.waiting import Ready

from common.errors import TooLarge

Row = dict[str, Any]
R = TypeVar("R", covariant=True)
V = TypeVar("V")

_CONNECT_S = 10
_INTERVAL_S = 0.1


class Channel(psycopg.AsyncConnection[Row]):
    """A connection that raises TooLarge when more bytes arrive than are expected, while they arrive.

    Only a single value comes in whole, however long: libpq takes it from the wire without a break.
    """

    _expected: int | None = None
    _most = ""
    _received = 0

    @property
    def encoding(self) -> str:
        """The client_encoding to work in. A SQL_ASCII server refuses to send as UTF-8 what is no UTF-8."""
        return "sql_ascii" if self.pgconn.parameter_status(b"server_encoding") == b"SQL_ASCII" else "utf8"

    @contextmanager
    def metered(self, expected: int, most: str) -> Iterator[None]:
        """Within the block, at most `expected` bytes may arrive; `most` says so in the error."""
        self._expected, self._most, self._received = expected, most, 0
        try:
            yield
        finally:
            self._expected = None

    async def wait(
        self,
        gen: Generator[Any, Any, V],
        interval: float = _INTERVAL_S,
        timeout: float | None = None,  # noqa: ASYNC109 (psycopg's signature)
    ) -> V:
        """Run one of psycopg's generators; every wait for the socket passes through here."""
        return await super().wait(gen if self._expected is None else self._counted(gen), interval, timeout)

    def _counted(self, gen: Generator[Any, Any, V]) -> Generator[Any, Any, V]:
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready & Ready.R:
                    self._received += _readable(self.pgconn.socket)
                if self._expected is not None and self._received > self._expected:
                    gen.close()
                    raise TooLarge(what="The result", size=f"more than {self._expected:,} bytes", limit=self._most)
                wanted = gen.send(ready)
        except StopIteration as done:
            value: V = done.value
            return value


def _readable(fd: int) -> int:
    """Bytes that lie ready in the socket's buffer."""
    size = array.array("i", [0])
    fcntl.ioctl(fd, termios.FIONREAD, size)
    return size[0]


async def open_channel(dsn: str) -> Channel:
    """Connect. Raises psycopg.Error; no start-up option is sent that a pooler would refuse."""
    given = conninfo_to_dict(dsn)
    wanted: dict[str, Any] = {"connect_timeout": _CONNECT_S, "application_name": "dbcrew", "client_encoding": "utf8"}
    channel = await Channel.connect(
        dsn,
        autocommit=True,
        row_factory=dict_row,
        prepare_threshold=None,
        **{name: value for name, value in wanted.items() if name == "client_encoding" or name not in given},
    )
    if channel.encoding != wanted["client_encoding"]:
        await channel.execute("SET client_encoding TO sql_ascii")
    for loader, names in _LOADERS.items():
        for name in names:
            channel.adapters.register_loader(name, loader)
    return channel


class Utf8Cursor(psycopg.AsyncCursor[R]):
    """A cursor that sends UTF-8 to a SQL_ASCII server, where psycopg sends nothing beyond ASCII."""

    async def execute(self, query: Any, params: Any = None, **how: Any) -> "Utf8Cursor[R]":
        await super().execute(self._sent(query), params, **how)
        return self

    @asynccontextmanager
    async def copy(self, statement: Any, params: Any = None, **how: Any) -> AsyncIterator[psycopg.AsyncCopy]:
        """COPY, whose tables and columns may have names beyond ASCII."""
        async with super().copy(self._sent(statement), params, **how) as copy:
            yield copy

    def _sent(self, query: Any) -> Any:
        if self.connection.info.encoding != "ascii":
            return query
        whole = query.as_string(None) if isinstance(query, sql.Composable) else query
        return whole.encode() if isinstance(whole, str) else whole


def legible(connection: psycopg.AsyncConnection[R]) -> psycopg.AsyncConnection[R]:
    """The connection, which takes and gives text as str on a SQL_ASCII server too: psycopg gives bytes there."""
    if connection.info.encoding == "ascii":
        if connection.cursor_factory is psycopg.AsyncCursor:
            connection.cursor_factory = Utf8Cursor
        for name in _LOADERS[_Text]:
            connection.adapters.register_loader(name, _Text)
    return connection


def merged(channel: Channel, text: str, params: Sequence[Any] | Mapping[str, Any]) -> str:
    """`text` with its parameters written in as literals, in UTF-8 whatever the server's encoding."""
    query = PostgresClientQuery(Transformer(channel))  # AsyncClientCursor.mogrify, which ends in .decode("ascii") there
    query.convert(text.encode(), params)
    return query.query.decode()


def _text(data: Buffer) -> str:
    """What a SQL_ASCII server stores need not be UTF-8."""
    return bytes(data).decode("utf-8", "replace")


class _Text(Loader):
    def load(self, data: Buffer) -> str:
        return _text(data)


class _Date(DateLoader):
    """Dates that Python cannot hold (infinity, BC) stay text."""

    def load(self, data: Buffer) -> Any:
        try:
            return super().load(data)
        except psycopg.DataError:
            return _text(data)


class _Timestamp(TimestampLoader):
    def load(self, data: Buffer) -> Any:
        try:
            return super().load(data)
        except psycopg.DataError:
            return _text(data)


class _Timestamptz(TimestamptzLoader):
    def load(self, data: Buffer) -> Any:
        try:
            return super().load(data)
        except psycopg.DataError:
            return _text(data)


_LOADERS: dict[type[Loader], tuple[str | int, ...]] = {
    _Text: ("text", "varchar", "bpchar", "name", '"char"', "time", "timetz", "interval", 0),
    _Date: ("date",),
    _Timestamp: ("timestamp",),
    _Timestamptz: ("timestamptz",),
}
