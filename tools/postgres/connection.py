"""A live PostgreSQL, read only: the channel and the transaction that refuse (layers 3 and 4 of what makes it safe)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, LiteralString, Self

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from common.config.settings import Settings
from common.errors import EngineDied, InputError, TooLarge, Unreachable
from tools.postgres.faults import translated

Params = Sequence[Any] | Mapping[str, Any] | None
Row = dict[str, Any]

_CONNECT_S = 10
_SESSIONS = 4


class Postgres:
    """A live PostgreSQL that is only looked at.

    Every session is one READ ONLY transaction with time limits, sent over the extended protocol (several statements in
    one string cannot run), always rolled back. Facts about the server are read once, on connecting.
    """

    def __init__(
        self, pool: "AsyncConnectionPool[psycopg.AsyncConnection[Row]]", settings: Settings, facts: Row
    ) -> None:
        self._pool = pool
        self._settings = settings
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
        pool: AsyncConnectionPool[psycopg.AsyncConnection[Row]] = AsyncConnectionPool(
            dsn,
            min_size=0,
            max_size=_SESSIONS,
            timeout=_CONNECT_S,
            open=False,
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "prepare_threshold": None,
                "connect_timeout": _CONNECT_S,
                "application_name": "dbcrew",
            },
            reset=_forget,
        )
        try:
            async with await psycopg.AsyncConnection.connect(
                dsn, connect_timeout=_CONNECT_S, application_name="dbcrew", row_factory=dict_row
            ) as connection:
                row = await (
                    await connection.execute(
                        "SELECT current_setting('server_version') AS server_version, current_user AS role,"
                        " current_setting('server_version_num')::int AS version_num, current_database() AS database"
                    )
                ).fetchone()
        except psycopg.Error as error:
            await pool.close()
            raise Unreachable(what="PostgreSQL", where=where, detail=str(error), next="Check the DSN.") from error
        assert row is not None
        await pool.open()
        return cls(pool, settings, {**row, "where": where})

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

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
        limit = timeout_ms or self._settings.statement_timeout_ms
        with translated("PostgreSQL", self.where):
            try:
                async with self._pool.connection() as connection:
                    try:
                        await _begin(connection, limit, self._settings.lock_timeout_ms)
                        yield Session(connection, self._settings, self.version, [] if trace is None else trace)
                    finally:
                        if not connection.closed:
                            await connection.execute("ROLLBACK")
            except PoolTimeout as error:
                raise EngineDied(what="PostgreSQL", where=self.where, detail="no connection within 10 s") from error


class Session:
    """One read-only transaction on a live PostgreSQL."""

    def __init__(
        self, connection: psycopg.AsyncConnection[Row], settings: Settings, version: int, trace: list[str]
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._trace = trace
        self.version = version

    async def rows(self, statement: str | sql.Composable, params: Params = None) -> list[Row]:
        """All rows of one statement, as dictionaries.

        Raises TooLarge when there are more rows or bytes than the settings allow.
        """
        text = statement if isinstance(statement, str) else statement.as_string(self._connection)
        self._trace.append(text.strip().rstrip(";"))
        async with self._connection.cursor(binary=True) as cursor:
            await cursor.execute(_literal(text), params)
            found: list[Row] = []
            size = 0
            while batch := await cursor.fetchmany(500):
                found += batch
                size += sum(len(str(row)) for row in batch)
                if len(found) > self._settings.result_rows or size > self._settings.result_bytes:
                    most = f"{self._settings.result_rows} rows or {self._settings.result_bytes} bytes"
                    raise TooLarge(what="The result", size=f"{len(found)} rows or more", limit=most)
            return found

    async def row(self, statement: str | sql.Composable, params: Params = None) -> Row | None:
        """The first row of one statement, or None."""
        return next(iter(await self.rows(statement, params)), None)

    async def value(self, statement: str | sql.Composable, params: Params = None) -> Any:
        """The first column of the first row, or None."""
        row = await self.row(statement, params)
        return None if row is None else next(iter(row.values()))

    async def set_local(self, name: str, value: str) -> None:
        """Set a configuration parameter for this transaction only."""
        await self.rows("SELECT set_config(%s, %s, true)", (name, value))


def place(dsn: str) -> str:
    """host:port/database of a connection string, without user and password.

    Raises InputError when it is no connection string.
    """
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError as error:
        detail = f"This is not a PostgreSQL connection string ({str(error).strip()})"
        raise InputError(detail=detail, next="Write it as postgresql://USER@HOST:PORT/DATABASE") from error
    host, port = parts.get("host") or parts.get("hostaddr") or "local socket", parts.get("port") or 5432
    return f"{host}:{port}/{parts.get('dbname') or parts.get('user') or ''}"


async def _begin(connection: psycopg.AsyncConnection[Row], timeout_ms: int, lock_ms: int) -> None:
    await connection.execute("BEGIN READ ONLY")
    await connection.execute(
        "SELECT set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true),"
        " set_config('idle_in_transaction_session_timeout', %s, true)",
        (str(timeout_ms), str(lock_ms), str(2 * timeout_ms)),
    )


async def _forget(connection: psycopg.AsyncConnection[Row]) -> None:
    """Leave nothing of one session to the next: hypothetical indexes live outside transactions and DISCARD ALL."""
    hypopg = await (await connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'hypopg'")).fetchone()
    if hypopg is not None:
        await connection.execute("SELECT hypopg_reset()")
    await connection.execute("DISCARD ALL")


def _literal(text: str) -> LiteralString:
    """The guard has judged the text; psycopg's type asks for a literal."""
    return text
