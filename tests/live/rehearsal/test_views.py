"""What is proposed for a column that views read: shown as statements, it runs."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.live.rehearsal.conftest import Shop
from tests.live.rehearsal.ground import Ground, grounds
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.verdict import Report

VIEWS = """
SET ROLE {owner};
CREATE TABLE shop.members (id int PRIMARY KEY, name text, nickname text, born date, "Odd one" text);
INSERT INTO shop.members SELECT i, 'n' || i, 'k' || i, now() FROM generate_series(1, 100) i;
CREATE VIEW shop.names WITH (security_barrier) AS SELECT m.id, m.name, m.nickname AS nick FROM shop.members AS m;
CREATE VIEW shop.odd AS SELECT * FROM shop.members;
CREATE VIEW shop.born AS SELECT id, born FROM shop.members WHERE born > '2000-01-01';
CREATE VIEW shop.later AS SELECT id FROM shop.born;
CREATE VIEW shop.initials AS SELECT id, left(name, 1) AS letter FROM shop.members ORDER BY name;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO {looker};
RESET ROLE;
"""


@pytest.fixture(scope="module")
def ground(shop: Shop) -> Iterator[Ground]:
    shop.database.execute(VIEWS.replace("{looker}", shop.looker).replace("{owner}", f"owner_{shop.database.name}"))
    with grounds(shop, [QualifiedName("shop", "members")], 1_000, proven=False) as made:
        yield made


def remedy(report: Report) -> str:
    (found,) = (each for each in report.findings if each.code == "dependent-object-breaks")
    return found.remedy


@pytest.mark.parametrize("column", ["nickname", '"Odd one"'])
async def test_a_view_is_made_again_without_a_column_that_it_only_shows(
    ground: Ground, live: Postgres, column: str
) -> None:
    said = remedy(await ground.rehearse(live, f"ALTER TABLE shop.members DROP COLUMN {column}"))
    assert said.startswith("BEGIN;")
    async with ground.fresh() as copy, await psycopg.AsyncConnection.connect(copy.dsn, autocommit=True) as there:
        await there.execute(said.encode())
        found = await there.execute("SELECT count(*) FROM shop.odd")
        assert await found.fetchone() == (100,)


async def test_views_upon_views_are_made_again_in_their_order(ground: Ground, live: Postgres) -> None:
    said = remedy(await ground.rehearse(live, "ALTER TABLE shop.members ALTER COLUMN born TYPE timestamptz"))
    async with ground.fresh() as copy, await psycopg.AsyncConnection.connect(copy.dsn, autocommit=True) as there:
        await there.execute(said.encode())
        await there.execute("SELECT FROM shop.later")


@pytest.mark.parametrize(("up", "views"), [("DROP COLUMN born", "shop.born"), ("DROP COLUMN name", "shop.initials")])
async def test_a_view_that_uses_the_column_is_left_to_its_owner(
    ground: Ground, live: Postgres, up: str, views: str
) -> None:
    said = remedy(await ground.rehearse(live, f"ALTER TABLE shop.members {up}"))
    assert said.startswith("Rewrite what uses it without")
    assert views in said
    assert "BEGIN" not in said
