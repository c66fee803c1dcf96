"""A shop on a live server, and the least-privilege role that looks at it."""

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from common.config.settings import Settings
from tests.conftest import Database, Server
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.snapshot import Snapshot, snapshot

SHOP = """
CREATE SCHEMA shop AUTHORIZATION {owner};
GRANT CREATE ON SCHEMA public TO {owner};
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
COMMENT ON VIEW shop.big IS 'dear ones';
COMMENT ON COLUMN shop.big.total IS 'over 500';
ALTER VIEW shop.big SET (security_barrier = true);
CREATE TABLE shop.events (id bigint, day date NOT NULL, kind text) PARTITION BY RANGE (day);
CREATE TABLE shop.events_1 PARTITION OF shop.events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE shop.events_2 PARTITION OF shop.events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
INSERT INTO shop.events SELECT i, date '2026-01-01' + i % 59, 'k' || i FROM generate_series(1, 6000) i;
CREATE FUNCTION shop.colour_of(bigint) RETURNS text LANGUAGE sql STABLE AS
    $$ SELECT name FROM shop.colour WHERE id = $1 % 20 + 1 $$;
GRANT USAGE ON SCHEMA shop TO {looker};
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO {looker};
RESET ROLE;
ANALYZE;
"""


class Shop:
    """A live database with one schema, and two ways in."""

    def __init__(self, database: Database, looker: str) -> None:
        self.database = database
        self.looker = looker
        self.dsn = make_conninfo(database.dsn, user=looker, password="look", passfile="/dev/null")

    async def state(self) -> Snapshot:
        """The live server's catalogue and rows, to compare with later."""
        async with await psycopg.AsyncConnection.connect(self.database.dsn, autocommit=True) as superuser:
            return await snapshot(superuser)


@pytest.fixture(scope="module")
def shop(any_postgres: Server) -> Iterator[Shop]:
    """A live shop with 30,000 orders, shared by the tests of a file: what one changes in it, it puts back."""
    database = any_postgres.new_database()
    owner, looker = f"owner_{database.name}", f"looker_{database.name}"
    database.execute(f"CREATE ROLE {owner}; CREATE ROLE {looker} LOGIN PASSWORD 'look'")
    database.execute(SHOP.replace("{owner}", owner).replace("{looker}", looker).replace("{rows}", "30000"))
    yield Shop(database, looker)
    database.drop()


@pytest.fixture
def settings() -> Settings:
    return Settings(copy_rows=5_000)


@pytest.fixture
async def live(shop: Shop, settings: Settings) -> AsyncIterator[Postgres]:
    """The shop, seen by the role that may only look."""
    async with await Postgres.connect(shop.dsn, settings) as postgres:
        yield postgres
