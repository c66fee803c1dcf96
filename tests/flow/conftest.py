"""A live database that is not the sample world, a role that may only read it, and a state store of the test's own."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from common.config.settings import Settings, settings
from tests.conftest import Database, Server
from tools.postgres.grant import grant

SHOP = """
CREATE SCHEMA shop;
CREATE TABLE shop.customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL, city text NOT NULL);
CREATE TABLE shop.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES shop.customers,
    state text NOT NULL,
    total numeric(12, 2) NOT NULL,
    placed_at timestamptz NOT NULL
);
CREATE INDEX orders_placed_at_idx ON shop.orders (placed_at);
INSERT INTO shop.customers (email, city) SELECT 'c' || n || '@shop.example', 'city ' || n % 50 FROM generate_series(1, 2000) AS n;
INSERT INTO shop.orders (customer_id, state, total, placed_at)
SELECT 1 + (n * 7919) % 2000, CASE WHEN n % 40 = 0 THEN 'open' ELSE 'paid' END, n % 500,
       timestamptz '2026-01-01 00:00+00' + n * interval '1 minute'
FROM generate_series(1, 30000) AS n;
"""


@dataclass(frozen=True)
class Shop:
    """`owner` may do anything there, `reader` is the least-privilege role; `state` is an empty state store."""

    owner: str
    reader: str
    state: str


@pytest.fixture
def shop(postgres18, opened) -> Shop:
    """The shop on PostgreSQL 18."""
    return opened(postgres18)


@pytest.fixture
def any_shop(any_postgres, opened) -> Shop:
    """The shop on each server in turn."""
    return opened(any_postgres)


@pytest.fixture(scope="session")
def stocked() -> Callable[..., Database]:
    """`stocked(server, more="")`: the shop and what `more` makes beside it, filled once, for copies only.

    It goes with its server.
    """
    made: dict[tuple[int, str], Database] = {}

    def fill(server: Server, more: str = "") -> Database:
        if (server.major, more) not in made:
            database = made[server.major, more] = server.new_database()
            database.execute(more)
            database.execute(SHOP)
            database.execute("VACUUM ANALYZE")
        return made[server.major, more]

    return fill


@pytest.fixture
def opened(new_database, stocked, postgres18, monkeypatch) -> Iterator[Callable[..., Shop]]:
    """`opened(server, more="")`: a shop of the test's own with a reader; this process works on an empty state store."""

    def open_one(server: Server, more: str = "") -> Shop:
        database = new_database(server, template=stocked(server, more).name)
        reader = asyncio.run(grant(database.dsn, Settings(), role=f"reader_{database.name}", apply=True)).dsn
        state = new_database(postgres18).dsn
        monkeypatch.setenv("DBCREW_STATE_DSN", state)
        settings.cache_clear()
        return Shop(database.dsn, reader, state)

    yield open_one
    settings.cache_clear()
