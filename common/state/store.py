"""The state store: one PostgreSQL for cases, evidence, the local board and LangGraph's checkpoints."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, LiteralString, Self

import psycopg
from psycopg import errors
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from common.errors import CaseBusy, DbcrewError, DiskFull, InputError, Unreachable
from common.queries import query

Connection = psycopg.AsyncConnection[dict[str, Any]]

VERSION = 1
"""The version of sql/schema.sql: raised with every change that older code could not work with."""

_SETUP_LOCK, _CHECKPOINTS_LOCK = 0x64626372, 0x64626373
_TRY_S = 0.05
_CONNECT_S = 10
_AGAIN_S = 0.5
"""How long a store that did not answer within _CONNECT_S is waited for again: whoever asks must not wait ten times."""


class Store:
    """Connections to the state store, with its schema in place."""

    def __init__(self, dsn: str, pool: "AsyncConnectionPool[Connection]") -> None:
        self.dsn = dsn
        self.pool = pool
        self._lost = False

    @classmethod
    async def open(cls, dsn: str) -> Self:
        """Connect and make the schema when it is missing.

        Raises Unreachable, DiskFull, or InputError when another version of the product made the schema.
        """
        await _prepare(dsn)
        pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            dsn,
            min_size=1,
            max_size=6,
            timeout=_CONNECT_S,
            open=False,
            kwargs={"autocommit": True, "row_factory": dict_row, "prepare_threshold": 0, "connect_timeout": _CONNECT_S},
            configure=_use_schema,
        )
        store = cls(dsn, pool)
        try:
            await pool.open(wait=True, timeout=_CONNECT_S)
        except (PoolTimeout, psycopg.Error) as error:
            await pool.close()
            raise unreachable(error) from error
        return store

    async def close(self) -> None:
        """Close every connection."""
        await self.pool.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection in autocommit mode. Raises Unreachable or DiskFull in place of psycopg's errors."""
        try:
            async with self.pool.connection(timeout=_AGAIN_S if self._lost else None) as connection:
                self._lost = False
                yield connection
        except (PoolTimeout, psycopg.OperationalError, *_CLOSED) as error:
            self._lost = isinstance(error, PoolTimeout)
            raise unreachable(error) from error

    async def rows(self, name: str, **params: Any) -> list[dict[str, Any]]:
        """The rows of the named statement in common/state/sql (none for one that returns nothing)."""
        async with self.connection() as connection:
            cursor = await connection.execute(query(__package__, name), params)
            return await cursor.fetchall() if cursor.description else []

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Within the block no other process runs LangGraph's migrations, which take no lock of their own."""
        key = (_CHECKPOINTS_LOCK,)
        async with self.connection() as connection:
            # Who waits inside a statement has a snapshot, and CREATE INDEX CONCURRENTLY waits for all of those.
            while not await _value(connection, "SELECT pg_try_advisory_lock(%s) AS value", key):  # noqa: ASYNC110
                await asyncio.sleep(_TRY_S)
            try:
                yield
            finally:
                if not connection.closed:
                    await connection.execute("SELECT pg_advisory_unlock(%s)", key)

    @asynccontextmanager
    async def only_one(self, case: str) -> AsyncIterator[None]:
        """Hold the case for this process: the lock goes when the process does, however it ends. Raises CaseBusy."""
        async with self.connection() as connection:
            key = (f"dbcrew:{case}",)
            if not await _value(connection, "SELECT pg_try_advisory_lock(hashtextextended(%s, 0)) AS value", key):
                raise CaseBusy(case=case)
            try:
                yield
            finally:
                if not connection.closed:
                    await connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", key)


_WHERE = "DBCREW_STATE_DSN or the embedded engine"
_CLOSED = (errors.ReadOnlySqlTransaction, errors.InsufficientPrivilege, errors.UndefinedTable, errors.UndefinedColumn)
"""What a state store says that was reached and is of no use."""


async def _prepare(dsn: str) -> None:
    """Make the schema when it is missing. One plain connection: a pool would try for long, and say less of why not."""
    try:
        connection = await psycopg.AsyncConnection.connect(dsn, autocommit=True, connect_timeout=_CONNECT_S)
    except psycopg.ProgrammingError as error:
        # libpq quotes what it could not read, which may be a piece of the password.
        raise InputError(
            detail="DBCREW_STATE_DSN is not a PostgreSQL connection string",
            next="Write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
        ) from error
    except psycopg.OperationalError as error:
        raise unreachable(error) from error
    try:
        async with connection:
            if await _version(connection) is None:
                async with connection.transaction():
                    await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_SETUP_LOCK,))
                    await connection.execute(query(__package__, "schema"), prepare=False)
            if (found := await _version(connection)) != VERSION:
                raise InputError(
                    detail=f"The state store was made by another version of dbcrew (schema {found}, here {VERSION})",
                    next="Use the checkout that made it, or name another database in DBCREW_STATE_DSN",
                )
    except psycopg.Error as error:
        raise unreachable(error) from error


async def _value(connection: Connection, statement: LiteralString, params: tuple[object, ...]) -> Any:
    """What the statement returns as `value`."""
    row = await (await connection.execute(statement, params)).fetchone()
    return row["value"] if row else None


async def _version(connection: psycopg.AsyncConnection) -> int | None:
    """The version of the schema there is; None when there is none."""
    try:
        row = await (await connection.execute("SELECT version FROM dbcrew.store")).fetchone()
    except (errors.UndefinedTable, errors.InvalidSchemaName):
        return None
    return int(row[0]) if row else None


def unreachable(error: Exception) -> DbcrewError:
    """The product's error for a state store that did not answer as it should."""
    if isinstance(error, errors.DiskFull):
        return DiskFull(where="the state store", doing="writing down what was found")
    if isinstance(error, _CLOSED):
        return Unreachable(
            what="the state store",
            where=_WHERE,
            detail=f"it does not let this role write ({error.diag.message_primary or error})",
            next="Give a role that owns its database and may write there.",
        )
    detail = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return Unreachable(
        what="the state store",
        where=_WHERE,
        detail=" ".join((detail or str(error)).split("Is the server running")[0].split()),
        next="See ./p3 engines status; what was written down before is kept.",
    )


async def _use_schema(connection: Connection) -> None:
    await connection.execute("SET search_path = dbcrew, public")
