"""Where a copy is made: a throwaway server of ours, or a database of its own on the user's scratch server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psycopg

from common.config.settings import Settings
from common.engines import Cluster, copy_cluster
from common.engines.files import raise_if_full
from common.errors import DbcrewError, DiskFull, EngineDied
from tools.postgres.connection import Postgres
from tools.postgres.copying.scratch import for_one_role, scratch
from tools.postgres.faults import is_lost
from tools.postgres.rehearsal.preparation import prepare
from tools.postgres.rehearsal.schema import replay
from tools.postgres.rehearsal.scope import Scope

SERVER = {
    # A statement that fails may hold what is personal.
    "log_min_error_statement": "panic",
    # As a live server writes it, so that WAL volumes mean something.
    "wal_level": "replica",
    "autovacuum": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "max_locks_per_transaction": "256",
    "track_functions": "all",
}
_LOG_TAIL = 50_000
"""Bytes of a server's log that are searched for why it ended."""


@dataclass(frozen=True)
class Place:
    """An empty database. `dsn` is for building and measuring, `rehearsal_dsn` for text that others wrote.

    With `one_role`, the role of `rehearsal_dsn` owns all that is made.
    """

    dsn: str = field(repr=False)
    rehearsal_dsn: str = field(repr=False)
    database: str
    server_version: str
    one_role: bool

    async def define(
        self,
        keeper: psycopg.AsyncConnection,
        loader: psycopg.AsyncConnection,
        statements: Sequence[str],
        missing: list[str],
        *,
        orphans: bool = False,
    ) -> None:
        """Replay these definitions (see `replay`)."""
        if self.one_role:
            extensions, rest = for_one_role(statements)
            await replay(keeper, extensions, missing)
            await replay(loader, rest, missing, orphans=orphans)
            await loader.execute("RESET ALL")
        else:
            await replay(keeper, statements, missing, orphans=orphans)
        await keeper.execute("RESET ALL")


@asynccontextmanager
async def place_for(postgres: Postgres, scope: Scope, settings: Settings, missing: list[str]) -> AsyncIterator[Place]:
    """The place for a copy of this scope, gone when the block ends.

    Raises Refused for a scratch server that is not marked or is the live one, Unreachable, Missing; when the server ends
    while the block runs DiskFull or EngineDied.
    """
    if settings.postgresql_copy_dsn:
        async with scratch(settings.postgresql_copy_dsn, postgres, scope, missing) as there:
            yield Place(there.dsn, there.owner_dsn, there.database, there.server_version, one_role=True)
        return
    async with copy_cluster(postgres.version // 10_000, SERVER) as cluster:
        try:
            dsn, rehearsal_dsn, database = await prepare(cluster.dsn, scope, missing)
            yield Place(dsn, rehearsal_dsn, database, cluster.install.version, one_role=False)
        except psycopg.OperationalError as error:
            if is_lost(error):
                raise await asyncio.to_thread(_ended, cluster, error) from error
            raise


def _ended(cluster: Cluster, error: psycopg.OperationalError) -> DbcrewError:
    """Why a throwaway server ended: without room for its write-ahead log, PostgreSQL stops."""
    try:
        with cluster.log.open(errors="replace") as log:
            log.seek(max(0, cluster.log.stat().st_size - _LOG_TAIL))
            said = log.read()
        raise_if_full(said, cluster.folder, "working on a copy")
    except DiskFull as full:
        return full
    except OSError:  # its folder is gone
        said = ""
    last = [line.partition("PANIC:")[2] for line in said.splitlines() if "PANIC:" in line]
    detail = last[-1].strip() if last else " ".join(str(error).split())
    return EngineDied(
        what="the throwaway PostgreSQL", where="127.0.0.1", detail=detail.rstrip("."),
        next="Nothing of it is kept, and the live server was only read: run it again.",
    )  # fmt: skip
