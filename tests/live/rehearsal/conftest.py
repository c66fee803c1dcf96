"""A shop on a live server, and the least-privilege role that looks at it."""

from collections.abc import AsyncIterator, Callable

import pytest
from psycopg.conninfo import make_conninfo

from common.config.settings import Settings
from tools.postgres.connection import Postgres

SHOP = """
CREATE SCHEMA shop AUTHORIZATION {owner};
SET ROLE {owner};
CREATE TYPE shop.state AS ENUM ('new', 'paid');
CREATE TABLE shop.colour (id int PRIMARY KEY, name text);
CREATE TABLE shop.users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE, boss bigint REFERENCES shop.users (id));
CREATE TABLE shop.orders (
    id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES shop.users (id),
    state shop.state NOT NULL DEFAULT 'new', total numeric(12, 2) CHECK (total >= 0), note text, code varchar(20),
    at timestamptz DEFAULT now(), twice numeric GENERATED ALWAYS AS (user_id * 2) STORED);
CREATE TABLE shop.items (id bigserial PRIMARY KEY, order_id bigint REFERENCES shop.orders (id), text text);
CREATE TABLE shop.audit (id bigserial PRIMARY KEY, what text);
CREATE FUNCTION shop.log() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO shop.audit (what) VALUES (new.note); RETURN new; END $$;
CREATE TRIGGER logged AFTER INSERT OR UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.log();
ALTER TABLE shop.orders DISABLE TRIGGER logged;
INSERT INTO shop.colour SELECT i, 'c' || i FROM generate_series(1, 20) i;
INSERT INTO shop.users (email, boss) SELECT 'u' || i || '@x', CASE WHEN i > 10 THEN i % 10 + 1 END
  FROM generate_series(1, 3000) i;
INSERT INTO shop.orders (user_id, total, state, note, code)
SELECT CASE WHEN i % 3 = 0 THEN 42 ELSE 1 + (i * 17) % 3000 END, i % 1000,
       (CASE WHEN i % 2 = 0 THEN 'paid' ELSE 'new' END)::shop.state, CASE WHEN i % 5000 <> 7 THEN 'n' || i END, 'k' || i
  FROM generate_series(1, {rows}) i;
INSERT INTO shop.items (order_id, text) SELECT i, 't' FROM generate_series(1, least(2000, {rows})) i;
ALTER TABLE shop.orders ENABLE TRIGGER logged;
CREATE INDEX orders_user ON shop.orders (user_id);
CREATE VIEW shop.big AS SELECT id, total FROM shop.orders WHERE total > 500;
COMMENT ON TABLE shop.orders IS 'what was bought';
GRANT USAGE ON SCHEMA shop TO {looker};
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO {looker};
RESET ROLE;
ANALYZE;
"""


class Shop:
    """A live database with one schema, and two ways in."""

    def __init__(self, database: object, looker: str) -> None:
        self.database = database
        self.looker = looker
        self.dsn = make_conninfo(database.dsn, user=looker, password="look", passfile="/dev/null")  # type: ignore[attr-defined]


@pytest.fixture
def shop(any_database) -> Callable[[int], Shop]:  # type: ignore[no-untyped-def]
    """`shop(rows)`: a live shop with that many orders."""

    def make(rows: int = 30_000) -> Shop:
        database = any_database
        owner, looker = f"owner_{database.name}", f"looker_{database.name}"
        database.execute(f"CREATE ROLE {owner}; CREATE ROLE {looker} LOGIN PASSWORD 'look'")
        database.execute(SHOP.replace("{owner}", owner).replace("{looker}", looker).replace("{rows}", str(rows)))
        return Shop(database, looker)

    return make


@pytest.fixture
def settings() -> Settings:
    return Settings(copy_rows=5_000)


@pytest.fixture
async def live(shop: Callable[[int], Shop], settings: Settings) -> AsyncIterator[Postgres]:
    """The shop with 30,000 orders, seen by the role that may only look."""
    async with await Postgres.connect(shop(30_000).dsn, settings) as postgres:
        yield postgres
