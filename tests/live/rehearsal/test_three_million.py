"""The same statement on a table of three million rows and on a lookup of twenty: different answers, both of them right."""

from collections.abc import Iterator

import pytest

from common.config.settings import Settings
from tests.conftest import Server
from tests.live.rehearsal.conftest import Shop
from tests.live.rehearsal.ground import Ground, grounds
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.names import QualifiedName

ROWS = {"sales": 3_000_000, "lookup": 20}
WORLD = """
CREATE SCHEMA big AUTHORIZATION {owner};
SET ROLE {owner};
CREATE TABLE big.shops (id int PRIMARY KEY);
INSERT INTO big.shops SELECT generate_series(1, 2000);
"""
TABLE = """
CREATE TABLE big.{table} (id int, shop_id int NOT NULL, amount int, code text);
INSERT INTO big.{table} SELECT i, 1 + i % 2000, i % 1000, md5(i::text) FROM generate_series(1, {rows}) i;
ALTER TABLE big.{table} ADD PRIMARY KEY (id);
"""
BRIEF = {"no-lock-timeout", "lock-blocks-reads", "lock-blocks-writes"}
"""What takes about a second at three million rows is called brief or long as the machine is fast or not."""
KINDS = [
    # the statement, what may be said of three million rows, and one of the codes that must be
    ("ALTER TABLE {} ADD COLUMN token uuid DEFAULT gen_random_uuid()", {"unsafe"}, {"table-rewrite"}),
    ("ALTER TABLE {} ALTER COLUMN amount TYPE bigint", {"unsafe"}, {"table-rewrite"}),
    ("ALTER TABLE {} ALTER COLUMN amount SET NOT NULL", {"careful", "unsafe"}, BRIEF),
    ("ALTER TABLE {} ADD CHECK (amount >= 0 AND code ~ '^[0-9a-f]+$')", {"careful", "unsafe"}, BRIEF),
    ("CREATE INDEX ON {} (code)", {"unsafe"}, {"index-build-blocks-writes"}),
    ("ALTER TABLE {} ADD FOREIGN KEY (shop_id) REFERENCES big.shops", {"careful", "unsafe"}, BRIEF),
    ("SET lock_timeout = '2s'; ALTER TABLE {} ADD COLUMN flag int NOT NULL DEFAULT 7", {"safe"}, set()),
    ("CREATE INDEX CONCURRENTLY ON {} (code)", {"safe"}, set()),
]


@pytest.fixture(scope="module")
def world(any_postgres: Server) -> Iterator[Shop]:
    database = any_postgres.new_database()
    owner, looker = f"owner_{database.name}", f"looker_{database.name}"
    database.execute(f"CREATE ROLE {owner}; CREATE ROLE {looker} LOGIN PASSWORD 'look'")
    text = WORLD + "".join(TABLE.format(table=table, rows=rows) for table, rows in ROWS.items())
    text += "GRANT USAGE ON SCHEMA big TO {looker}; GRANT SELECT ON ALL TABLES IN SCHEMA big TO {looker}; RESET ROLE"
    database.execute(text.replace("{owner}", owner).replace("{looker}", looker))
    database.execute("VACUUM ANALYZE big.sales, big.lookup, big.shops")
    yield Shop(database, looker)
    database.drop()


@pytest.fixture(scope="module")
def ground(world: Shop) -> Iterator[Ground]:
    tables = [QualifiedName("big", name) for name in ("sales", "lookup", "shops")]
    with grounds(world, tables, 20_000, kind="rows", proven=False) as made:
        yield made


@pytest.mark.parametrize(("statement", "verdicts", "codes"), KINDS, ids=[each[0][:50] for each in KINDS])
async def test_three_million_rows_and_twenty(
    statement: str, verdicts: set[str], codes: set[str], world: Shop, ground: Ground
) -> None:
    async with await Postgres.connect(world.dsn, Settings()) as live:
        large = await ground.rehearse(live, statement.format("big.sales"))
        small = await ground.rehearse(live, statement.format("big.lookup"))
    said = [(each.severity.value, each.code, each.why) for each in large.findings if "squawk" not in each.code]
    print(f"{statement}: {large.verdict}, {large.estimate.seconds} to {large.estimate.most_seconds} s, {said}")
    assert large.verdict in verdicts, said
    assert not codes or codes & {each.code for each in large.findings}, said
    assert large.rewrite is not None or large.verdict == "safe"
    assert 2_900_000 < large.estimate.live_rows < 3_200_000
    assert small.verdict == "safe", small.findings
    assert 20 <= small.estimate.live_rows <= 2020
    assert large.estimate.seconds > small.estimate.seconds or not codes
