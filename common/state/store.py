"""The state store: one PostgreSQL for cases, evidence, the local board and LangGraph's checkpoints."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import psycopg
from psycopg import errors
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from common.errors import CaseBusy, DbcrewError, DiskFull, Unreachable
from common.queries import query

Connection = psycopg.AsyncConnection[dict[str, Any]]

_SETUP_LOCK = 0x64626372
_CONNECT_S = 10


class Store:
    """Connections to the state store, with its schema in place."""

    def __init__(self, dsn: str, pool: "AsyncConnectionPool[Connection]") -> None:
        self.dsn = dsn
        self.pool = pool

    @classmethod
    async def open(cls, dsn: str) -> Self:
        """Connect and make the schema when it is missing. Raises Unreachable or DiskFull."""
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
            async with store.connection() as connection, connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_SETUP_LOCK,))
                await connection.execute(query(__package__, "schema"), prepare=False)
        except (PoolTimeout, psycopg.OperationalError) as error:
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
            async with self.pool.connection() as connection:
                yield connection
        except (PoolTimeout, psycopg.OperationalError) as error:
            raise unreachable(error) from error

    async def rows(self, name: str, **params: Any) -> list[dict[str, Any]]:
        """The rows of the named statement in common/state/sql (none for one that returns nothing)."""
        async with self.connection() as connection:
            cursor = await connection.execute(query(__package__, name), params)
            return await cursor.fetchall() if cursor.description else []

    @asynccontextmanager
    async def only_one(self, case: str) -> AsyncIterator[None]:
        """Hold the case for this process: the lock goes when the process does, however it ends. Raises CaseBusy."""
        async with self.connection() as connection:
            key = (f"dbcrew:{case}",)
            row = await (
                await connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0)) AS got", key)
            ).fetchone()
            if not row or not row["got"]:
                raise CaseBusy(case=case)
            try:
                yield
            finally:
                if not connection.closed:
                    await connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", key)


def unreachable(error: Exception) -> DbcrewError:
    """The product's error for a state store that did not answer as it should."""
    if isinstance(error, errors.DiskFull):
        return DiskFull(where="the state store", doing="writing down what was found")
    detail = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return Unreachable(
        what="the state store",
        where="DBCREW_STATE_DSN or the embedded engine",
        detail=(detail or str(error)).strip(),
        next="See ./p3 engines status; what was written down before is kept.",
    )


async def _use_schema(connection: Connection) -> None:
    await connection.execute("SET search_path = dbcrew, public")
