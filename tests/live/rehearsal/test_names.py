"""Names without a schema: looked up on the copy as a new session of the live server looks them up."""

from collections.abc import AsyncIterator, Callable

import pytest
from psycopg.conninfo import make_conninfo

from common.config.settings import Settings
from tests.conftest import Database, Server
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.verdict import rehearse

pytestmark = pytest.mark.once

OPS = """
CREATE SCHEMA ops;
CREATE SCHEMA "Odd name";
CREATE TABLE ops.shipments (id int PRIMARY KEY, weight int);
INSERT INTO ops.shipments SELECT g, g % 100 FROM generate_series(1, 3000) AS g;
CREATE ROLE {reader} LOGIN PASSWORD 'look';
GRANT USAGE ON SCHEMA ops TO {reader};
GRANT SELECT ON ALL TABLES IN SCHEMA ops TO {reader};
ANALYZE;
"""


@pytest.fixture
async def ops(any_postgres: Server, new_database: Callable[..., Database]) -> AsyncIterator[Database]:
    database = new_database(any_postgres)
    database.execute(OPS.replace("{reader}", f"reader_{database.name}"))
    yield database
    database.execute(f"DROP OWNED BY reader_{database.name}; DROP ROLE reader_{database.name}")


async def test_the_search_path_of_the_database_is_the_copys(ops: Database) -> None:
    ops.execute(f'ALTER DATABASE {ops.name} SET search_path = ops, "Odd name", public')
    dsn = make_conninfo(ops.dsn, user=f"reader_{ops.name}", password="look", passfile="/dev/null")
    async with await Postgres.connect(dsn, Settings()) as live:
        report = await rehearse(
            live, "ALTER TABLE shipments ADD COLUMN x int; CREATE INDEX ON shipments (weight);", settings=Settings()
        )
    assert [each.error for each in report.steps] == [None, None]
    assert report.down.restores is True, report.down
    assert report.verdict == "safe", report.findings
    assert "Names without a schema" not in report.copy_about


async def test_a_search_path_that_only_the_looking_role_has_is_said(ops: Database) -> None:
    role = f"reader_{ops.name}"
    ops.execute(f"ALTER ROLE {role} IN DATABASE {ops.name} SET search_path = ops, public")
    dsn = make_conninfo(ops.dsn, user=role, password="look", passfile="/dev/null")
    async with await Postgres.connect(dsn, Settings()) as live:
        short = await rehearse(live, "ALTER TABLE shipments ADD COLUMN x int", settings=Settings())
        whole = await rehearse(live, "ALTER TABLE ops.shipments ADD COLUMN x int", settings=Settings())
    assert [each.error for each in (*short.steps, *whole.steps)] == [None, None]
    assert f"looked up along ops, public, the search_path of {role}" in short.copy_about
    assert "Names without a schema" not in whole.copy_about


async def test_a_view_in_the_way_is_found_though_the_server_leaves_out_its_schema(ops: Database) -> None:
    ops.execute(
        "CREATE TABLE public.parcels (id int PRIMARY KEY, weight int);"
        "CREATE VIEW public.heavy AS SELECT id FROM public.parcels WHERE weight > 50;"
        f"GRANT SELECT ON public.parcels, public.heavy TO reader_{ops.name}"
    )
    dsn = make_conninfo(ops.dsn, user=f"reader_{ops.name}", password="look", passfile="/dev/null")
    async with await Postgres.connect(dsn, Settings()) as live:
        up = "ALTER TABLE parcels ALTER COLUMN weight TYPE numeric"
        report = await rehearse(live, up, settings=Settings())
        (found,) = (each for each in report.findings if each.code == "dependent-object-breaks")
        assert found.remedy.startswith(f"BEGIN; DROP VIEW public.heavy; {up}; CREATE VIEW public.heavy AS"), (
            found.remedy
        )
        again = await rehearse(live, found.remedy, settings=Settings())
    assert [each.error for each in again.steps if each.error] == []


async def test_a_schema_that_is_dropped_takes_its_rows_along(ops: Database) -> None:
    dsn = make_conninfo(ops.dsn, user=f"reader_{ops.name}", password="look", passfile="/dev/null")
    async with await Postgres.connect(dsn, Settings()) as live:
        report = await rehearse(live, "DROP SCHEMA ops CASCADE", settings=Settings())
    assert report.verdict == "unsafe"
    assert [each.object for each in report.findings if each.code == "rollback-loses-data"] == ["ops.shipments"]
    assert report.estimate.live_rows == 3000
