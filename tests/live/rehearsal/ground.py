"""Many migrations on one live server: one copy of its tables, and a fresh database like it for each of them."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from common.config.settings import CopyKind, Settings
from tests.live.rehearsal.conftest import Shop
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.copy import Copy, copy_of
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.snapshot import Snapshot, differences
from tools.postgres.rehearsal.verdict import Report, read_migration, rehearse_on


class Ground:
    """A copy of the whole shop, and a fresh database like it for every migration that is tried."""

    def __init__(self, shop: Shop, copy: Copy, before: Snapshot) -> None:
        self.shop = shop
        self.copy = copy
        self.before = before

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[Copy]:
        name = f"c_{secrets.token_hex(4)}"
        place = make_conninfo(self.copy.dsn, dbname="template1")
        async with await psycopg.AsyncConnection.connect(place, autocommit=True) as keeper:
            found = await keeper.execute(
                "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", (self.copy.database,)
            )
            (owner,) = await found.fetchone() or ("",)
            command = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
            await keeper.execute(command.format(*map(sql.Identifier, (name, self.copy.database, owner))))
            dsn, rehearsal_dsn = (make_conninfo(one, dbname=name) for one in (self.copy.dsn, self.copy.rehearsal_dsn))
            yield replace(self.copy, dsn=dsn, rehearsal_dsn=rehearsal_dsn, database=name)
            await keeper.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    async def rehearse(self, live: Postgres, up: str, down: str | None = None) -> Report:
        async with self.fresh() as copy:
            return await rehearse_on(copy, live, await read_migration(live, up, down, []), trace=[])


@contextmanager
def grounds(
    shop: Shop, tables: Sequence[QualifiedName], copy_rows: int, *, kind: CopyKind = "masked", proven: bool = True
) -> Iterator[Ground]:
    """Ends, where `proven`, with the proof that nothing that was tried changed the live server's catalogue or rows."""
    settings = Settings(copy_rows=copy_rows, postgresql_copy=kind)

    async def make(stack: AsyncExitStack) -> Ground:
        before = await shop.state() if proven else Snapshot({}, {})
        async with await Postgres.connect(shop.dsn, settings) as live:
            copy = await stack.enter_async_context(copy_of(live, tables, settings=settings, children=True))
        return Ground(shop, copy, before)

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        ground = runner.run(make(stack))
        yield ground
        runner.run(stack.aclose())
        if proven:
            assert differences(ground.before, runner.run(shop.state())) == []
