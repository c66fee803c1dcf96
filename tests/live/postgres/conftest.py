"""A small shop on both servers, and the least-privilege role that looks at it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from common.config.settings import Settings
from common.evidence import Evidence, MemoryLedger
from tools.inventory import TOOLS
from tools.postgres.connection import Postgres
from tools.postgres.grant import grant
from tools.runner import Runner

SHOP = """
CREATE EXTENSION pg_stat_statements;
CREATE SCHEMA app;
CREATE TABLE app.customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE, joined timestamptz DEFAULT now());
COMMENT ON TABLE app.customers IS 'who buys';
CREATE TABLE app.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id bigint NOT NULL REFERENCES app.customers,
    total numeric(12, 2) CHECK (total >= 0), status text, at timestamptz DEFAULT now());
CREATE TABLE app.lines (order_id bigint REFERENCES app.orders, n int, sku text, PRIMARY KEY (order_id, n));
CREATE TABLE app.events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE app.events_2026 PARTITION OF app.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE VIEW app.open_orders AS SELECT * FROM app.orders WHERE status = 'open';
CREATE TABLE public.settings (name text PRIMARY KEY, value text);
INSERT INTO app.customers (email) SELECT 'person' || g || '@example.org' FROM generate_series(1, 500) g;
INSERT INTO app.orders (customer_id, total, status)
    SELECT 1 + g % 500, g % 100, CASE WHEN g % 50 = 0 THEN 'open' ELSE 'paid' END FROM generate_series(1, 10000) g;
INSERT INTO app.events SELECT g, '2026-05-01' FROM generate_series(1, 100) g;
ANALYZE;
"""


@dataclass(frozen=True)
class Shop:
    """A loaded database, and how the least-privilege role reaches it."""

    database: Any
    reader: str
    role: str

    @property
    def major(self) -> int:
        major: int = self.database.major
        return major


Look = Callable[..., Awaitable[Evidence]]


@pytest.fixture(scope="session")
def shop(any_postgres: Any) -> Iterator[Shop]:
    database = any_postgres.new_database()
    database.execute(SHOP)
    role = f"reader_{database.name}"
    made = asyncio.run(grant(database.dsn, Settings(), role=role, apply=True))
    yield Shop(database, made.dsn, role)
    database.drop()
    any_postgres.execute(f"DROP ROLE {role}")


@pytest.fixture
async def live(shop: Shop) -> AsyncIterator[Postgres]:
    """The shop as the least-privilege role sees it."""
    async with await Postgres.connect(shop.reader, Settings()) as postgres:
        yield postgres


@pytest.fixture
def look() -> Look:
    """`look(dsn or Postgres, tool, **args)`: the evidence of one call."""

    async def call(where: str | Postgres, tool: str, settings: Settings | None = None, **args: Any) -> Evidence:
        if isinstance(where, Postgres):
            return await Runner("case", TOOLS, MemoryLedger(), settings or Settings(), where).call(tool, **args)
        async with await Postgres.connect(where, settings or Settings()) as postgres:
            return await Runner("case", TOOLS, MemoryLedger(), settings or Settings(), postgres).call(tool, **args)

    return call
