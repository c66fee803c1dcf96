"""The shop of tests/live/rehearsal, on one server version."""

from collections.abc import Iterator

import pytest

from tests.conftest import Server
from tests.live.rehearsal.conftest import SHOP, Shop, live, settings
from tests.live.rehearsal.ground import Ground, grounds
from tools.postgres.rehearsal.names import QualifiedName

__all__ = ["ground", "live", "settings", "shop"]

TABLES = [QualifiedName("shop", name) for name in ("audit", "colour", "items", "orders", "users")]


@pytest.fixture(scope="module")
def shop(postgres18: Server) -> Iterator[Shop]:
    """A live shop with 30,000 orders."""
    database = postgres18.new_database()
    owner, looker = f"owner_{database.name}", f"looker_{database.name}"
    database.execute(f"CREATE ROLE {owner}; CREATE ROLE {looker} LOGIN PASSWORD 'look'")
    database.execute(SHOP.replace("{owner}", owner).replace("{looker}", looker).replace("{rows}", "30000"))
    yield Shop(database, looker)
    database.drop()


@pytest.fixture(scope="module")
def ground(shop: Shop) -> Iterator[Ground]:
    """Ends with the proof that nothing of this file changed the live server's catalogue or rows."""
    with grounds(shop, TABLES, 5_000) as made:
        yield made
