"""Plans of the wallet's statements on each kind of copy, beside those on the live server."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from common.config.settings import CopyKind, Settings
from tests.conftest import Database, Server
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.copy import copy_of
from tools.postgres.rehearsal.focus import tables_of
from tools.worlds import load
from tools.worlds.workload import statements

WANTED = {"masked": 12, "none": 9}
READS = 14


@pytest.fixture(scope="module")
def world(any_postgres: Server) -> Iterator[Database]:
    import asyncio

    database = any_postgres.new_database()
    asyncio.run(load(database.dsn, "f2", faults=frozenset()))
    database.execute(f"CREATE ROLE r_{database.name} LOGIN PASSWORD 'look' IN ROLE pg_read_all_data")
    database.execute("VACUUM ANALYZE")
    yield database
    database.drop()


def shape(node: dict[str, Any]) -> tuple[Any, ...]:
    """What a plan does: nodes, joins, tables and indexes; not its costs or counts."""
    own = tuple(
        node.get(name)
        for name in ("Node Type", "Strategy", "Join Type", "Relation Name", "Index Name", "Scan Direction")
    )
    return (*own, *(shape(each) for each in node.get("Plans", ())))


@pytest.mark.parametrize("kind", ["masked", "none"])
async def test_plans_have_the_shape_they_have_on_the_live_server(world: Database, kind: CopyKind) -> None:
    reads = [each for each in statements("f2") if not each.writes][:READS]
    with psycopg.connect(world.dsn, autocommit=True, cursor_factory=psycopg.ClientCursor) as live:
        cursor = psycopg.ClientCursor(live)
        texts = {each.name: cursor.mogrify(each.sql, each.params[0]) for each in reads}
    settings = Settings(postgresql_copy=kind)
    dsn = psycopg.conninfo.make_conninfo(world.dsn, user=f"r_{world.name}", password="look", passfile="/dev/null")
    async with await Postgres.connect(dsn, settings) as postgres:
        async with postgres.session() as session:
            tables = sorted({table for text in texts.values() for table in await tables_of(session, text)})
            live_plans = {
                name: (await session.value(sql.SQL("EXPLAIN (FORMAT JSON) {}").format(sql.SQL(text))))[0]["Plan"]  # type: ignore[arg-type]
                for name, text in texts.items()
            }
        async with (
            copy_of(postgres, tables, settings=settings, writes=False) as copy,
            await copy.connect_as_owner() as owner,
        ):
            print(f"\n{kind}: {copy.about} {copy.missing}")
            same = 0
            for name, text in texts.items():
                row = await (await owner.execute(f"EXPLAIN (FORMAT JSON) {text}".encode())).fetchone()
                assert row is not None
                alike = shape(row[0][0]["Plan"]) == shape(live_plans[name])
                same += alike
                print(f"  {name}: {'same' if alike else 'other'}")
                if not alike:
                    print("    live", shape(live_plans[name]), "\n    copy", shape(row[0][0]["Plan"]))
            print(f"{kind}, PostgreSQL {copy.version // 10_000}: {same} of {len(texts)} plans have the same shape")
            assert len(texts) == READS
            assert same >= WANTED[kind]
