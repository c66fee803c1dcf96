"""Rewrites give the same rows on a live server, and are offered only where they do."""

from collections.abc import Iterator

import psycopg
import pytest

from common.config.settings import Settings
from tools.postgres.connection import Postgres
from tools.postgres.plans.names import tables_in
from tools.postgres.plans.rewrites import Rewrite, rewrites
from tools.postgres.plans.schema import schema_of

WORLD = """
CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL, c int, at timestamptz NOT NULL, ts timestamp, name text);
INSERT INTO a SELECT g, g % 10, nullif(g % 7, 3), timestamptz '2025-12-28 00:00+00' + g * interval '3 hours',
    timestamp '2025-12-28' + g * interval '3 hours', 'n' || g FROM generate_series(1, 400) AS g;
CREATE TABLE b (id int PRIMARY KEY, a_id int NOT NULL, maybe int);
INSERT INTO b SELECT g, g * 2, nullif(g, 5) FROM generate_series(1, 50) AS g;
ANALYZE;
"""
SAME = [
    ("not-in-nullable", "SELECT * FROM a WHERE a.id NOT IN (SELECT a_id FROM b WHERE id < 40)"),
    ("non-sargable-predicate", "SELECT * FROM a WHERE at::date = '2026-01-01'"),
    ("non-sargable-predicate", "SELECT * FROM a WHERE date_trunc('day', at) = '2026-01-01' AND b > 2"),
    ("non-sargable-predicate", "SELECT * FROM a WHERE date_trunc('day', ts) = '2026-01-01 05:00'"),
    ("non-sargable-predicate", "SELECT count(*) FROM a x WHERE date_trunc('month', x.ts) = timestamp '2026-01-01'"),
    ("non-sargable-predicate", "SELECT * FROM a WHERE extract(year FROM ts) = 2026"),
    ("or-across-columns", "SELECT * FROM a WHERE b = 3 OR c = 2"),
    ("or-across-columns", "SELECT id, name FROM a WHERE id < 300 AND (b = 3 OR c = 2 OR c IS NULL)"),
    ("cte-fence", "WITH x AS MATERIALIZED (SELECT * FROM a) SELECT * FROM x WHERE id = 5"),
    ("seq-scan-on-large-table", "SELECT * FROM a WHERE (SELECT count(*) FROM b WHERE b.a_id = a.id) > 0"),
    ("seq-scan-on-large-table", "SELECT * FROM a WHERE (SELECT count(*) FROM b WHERE b.a_id = a.id) = 0"),
]
NONE = [
    "SELECT * FROM a WHERE id IN (SELECT a_id FROM b)",
    "SELECT * FROM a WHERE at >= '2026-01-01'",
    "SELECT * FROM a WHERE name::date = '2026-01-01'",
    "SELECT count(*) FROM a WHERE b = 3 OR c = 2",
    "SELECT * FROM a WHERE b = 3 OR c = 2 ORDER BY id LIMIT 5",
    "WITH x AS (SELECT * FROM a) SELECT * FROM x WHERE id = 5",
    "SELECT * FROM a WHERE (SELECT count(*) FROM b WHERE b.a_id = a.id) > 1",
    "SELECT * FROM a ORDER BY id LIMIT 5",
    "SELECT * FROM a ORDER BY c LIMIT 5 OFFSET 50",
]


@pytest.fixture(scope="module")
def world(any_postgres: object) -> Iterator[str]:
    database = any_postgres.new_database()  # type: ignore[attr-defined]
    database.execute(WORLD)
    yield database.dsn
    database.drop()


async def written(dsn: str, sql: str) -> list[Rewrite]:
    async with await Postgres.connect(dsn, Settings()) as postgres, postgres.session() as session:
        return rewrites(sql, await schema_of(tables_in(sql), session, postgres.version))


@pytest.mark.parametrize(("code", "sql"), SAME)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
async def test_same_rows(world: str, code: str, sql: str, zone: str) -> None:
    found = [each for each in await written(world, sql) if each.code == code]
    assert len(found) == 1
    assert found[0].why
    assert not found[0].needs
    with psycopg.connect(world) as connection:
        connection.execute("SELECT set_config('TimeZone', %s, false)", (zone,))
        before = sorted(map(str, connection.execute(sql).fetchall()))
        assert sorted(map(str, connection.execute(found[0].sql).fetchall())) == before


@pytest.mark.parametrize("sql", NONE)
async def test_nothing_is_offered(world: str, sql: str) -> None:
    assert await written(world, sql) == []


async def test_not_in_over_a_nullable_column_says_what_changes(world: str) -> None:
    (found,) = await written(world, "SELECT * FROM a WHERE a.id NOT IN (SELECT maybe FROM b)")
    assert "NULL" in found.needs


async def test_keyset_reads_the_next_page(world: str) -> None:
    sql = "SELECT id, b FROM a WHERE id <> $1 ORDER BY b DESC LIMIT 20 OFFSET 40"
    (found,) = await written(world, sql)
    assert "Pass the last row's b, id" in found.needs
    with psycopg.connect(world) as connection:
        whole = connection.execute("SELECT id, b FROM a WHERE id <> 7 ORDER BY b DESC, id DESC").fetchall()
        last = whole[39]
        text = found.sql.replace("$1", "7").replace("$2", str(last[1])).replace("$3", str(last[0]))
        assert connection.execute(text).fetchall() == whole[40:60]
