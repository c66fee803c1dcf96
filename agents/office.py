"""Opening up: the state store, the board and the live server, for as long as a command needs them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from agents.boards.local import LocalBoard
from agents.work import Team
from common.config.settings import Settings, settings
from common.engines import engine
from common.errors import InputError
from common.state.store import Store
from tools.postgres.connection import Postgres
from tools.postgres.rights import require_safe, rights


@asynccontextmanager
async def state_store(chosen: Settings) -> AsyncIterator[Store]:
    """The state store: the one of the settings, else the embedded one. Raises Unreachable."""
    async with AsyncExitStack() as stack:
        dsn = chosen.state_dsn or await stack.enter_async_context(engine("state"))
        yield await stack.enter_async_context(await Store.open(dsn))


@asynccontextmanager
async def live_postgres(dsn: str, chosen: Settings) -> AsyncIterator[Postgres]:
    """The live server, once its role was found fit to look at it. Raises Unreachable, RoleTooStrong or InputError."""
    if not dsn:
        raise InputError(
            detail="No database to look at", next="Name one with --dsn postgresql://USER@HOST:PORT/DATABASE"
        )
    async with await Postgres.connect(dsn, chosen) as postgres:
        async with postgres.session() as session:
            require_safe(await rights(session), dsn)
        yield postgres


@asynccontextmanager
async def team(dsn: str, progress: Callable[[str], None]) -> AsyncIterator[Team]:
    """The team at work: state store, local board, and the live server at `dsn`."""
    chosen = settings()
    async with live_postgres(dsn, chosen) as live, state_store(chosen) as store:
        yield Team(store=store, board=LocalBoard(store), live=live, settings=chosen, progress=progress)
