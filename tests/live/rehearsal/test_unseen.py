"""What the live server does and its copy does not: event triggers, foreign tables, statements after one that failed."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from common.config.settings import Settings
from tests.conftest import Database
from tests.live.rehearsal.conftest import Shop
from tests.live.rehearsal.ground import Ground, grounds
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.event_triggers import EventTrigger, fires
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.script import read_script
from tools.postgres.rehearsal.unrun import unrun
from tools.postgres.rehearsal.verdict import rehearse

GUARDED = "SET lock_timeout = '2s'; ALTER TABLE shop.orders ADD COLUMN more text"
FUNCTION = """
CREATE SCHEMA guard;
CREATE FUNCTION guard.refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
"""


@pytest.fixture(scope="module")
def ground(shop: Shop) -> Iterator[Ground]:
    tables = [QualifiedName("shop", name) for name in ("audit", "items", "orders", "users")]
    with grounds(shop, tables, 5_000) as made:
        yield made


@contextmanager
def triggers(shop: Shop, *made: str) -> Iterator[None]:
    """With these event triggers on the live server."""
    shop.database.execute(FUNCTION)
    try:
        for each in made:
            shop.database.execute(each)
        yield
    finally:
        names = [words[3] for each in made if (words := each.split())[0] == "CREATE"]
        for name in names:
            shop.database.execute(f"DROP EVENT TRIGGER {name}")
        shop.database.execute("DROP SCHEMA guard CASCADE")


async def test_an_event_trigger_that_would_run_is_a_condition(ground: Ground, live: Postgres, shop: Shop) -> None:
    assert (await ground.rehearse(live, GUARDED)).verdict == "safe"
    with triggers(
        shop,
        "CREATE EVENT TRIGGER no_ddl ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION guard.refuse()",
        "CREATE EVENT TRIGGER off ON ddl_command_end EXECUTE FUNCTION guard.refuse()",
        "ALTER EVENT TRIGGER off DISABLE",
    ):
        report = await ground.rehearse(live, GUARDED)
        index = await ground.rehearse(live, "CREATE INDEX CONCURRENTLY i ON shop.orders (at)")
        with pytest.raises(psycopg.errors.RaiseException):
            shop.database.execute("ALTER TABLE shop.orders ADD COLUMN more text")
    assert report.verdict == "careful"
    (found,) = (each for each in report.findings if each.code == "not-possible-here")
    assert (found.severity, found.statement, found.object) == ("medium", 2, "event trigger no_ddl")
    assert "guard.refuse() runs with statement 2, by the event trigger no_ddl (ddl_command_start)" in found.why
    assert found.remedy.endswith("pg_get_functiondef('guard.refuse()'::regprocedure);")
    assert report.rewrite is None, "no other steps would spare the event trigger"
    (line,) = (each for each in report.missing if "event trigger" in each)
    assert line == (
        "event trigger no_ddl: on the live server guard.refuse() runs before every ALTER TABLE, and may refuse it or do more"
    )
    assert index.verdict == "safe"
    assert line in index.missing


async def test_a_foreign_table_is_named(live: Postgres, shop: Shop, settings: Settings) -> None:
    shop.database.execute("CREATE EXTENSION postgres_fdw")
    try:
        shop.database.execute(
            "CREATE SERVER cold FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', dbname 'none');"
            "CREATE FOREIGN TABLE shop.freezer (id int, code text) SERVER cold; GRANT SELECT ON shop.freezer TO PUBLIC;"
            "CREATE VIEW shop.all_codes AS SELECT code FROM shop.colour JOIN shop.freezer USING (id);"
            "GRANT SELECT ON shop.all_codes TO PUBLIC"
        )
        report = await rehearse(live, "ALTER TABLE shop.colour ADD COLUMN hex text", settings=settings)
        of_it = await rehearse(live, "ALTER FOREIGN TABLE shop.freezer ADD COLUMN x int", settings=settings)
    finally:
        shop.database.execute("DROP EXTENSION postgres_fdw CASCADE")
    assert "shop.freezer: a foreign table of the server cold, which no copy reaches" in report.missing
    (found,) = (each for each in of_it.findings if each.code == "not-possible-here")
    assert "could not be looked into: shop.freezer is a foreign table, which no copy has" in found.why
    assert "Correct" not in found.remedy
    assert of_it.verdict == "unsafe"


FILE = """CREATE INDEX CONCURRENTLY i ON shop.orders (at);
ALTER TABLE shop.orders ADD CHECK (total > 5);
ALTER TABLE shop.orders DROP COLUMN code;
ALTER TABLE shop.orders ALTER COLUMN note SET NOT NULL;"""


async def test_what_comes_after_a_failure_is_listed_as_not_run(ground: Ground, live: Postgres) -> None:
    report = await ground.rehearse(live, FILE)
    assert [(each.statement, each.ran, bool(each.error)) for each in report.steps] == [
        (1, True, False), (2, True, True), (3, False, False), (4, False, False),
    ]  # fmt: skip
    assert report.steps[2].sql == "ALTER TABLE shop.orders DROP COLUMN code"
    assert all(each.ran for each in (await ground.rehearse(live, "CREATE INDEX i ON shop.orders (at)")).steps)


@pytest.mark.parametrize(
    ("text", "failed", "wanted"),
    [
        ("SELECT 1; SELECT 2", 2, []),
        ("SELECT 1; SELECT 2", 1, ["1 failed, so statement 2 was not run", "would go on with statement 2 all the same"]),
        (
            "SELECT 1; SELECT 2; SELECT 3; SELECT 4", 2,
            ["so statements 3 and 4 were not run", "would go on with statements 3 and 4 all the same"],
        ),
        ("BEGIN; SELECT 1; SELECT 2; COMMIT", 2, ["so statements 3 and 4 were not run"]),
        ("BEGIN; SELECT 1; COMMIT; SELECT 2", 2, ["so statements 3 and 4 were not run", "go on with statement 4 all"]),
        ("BEGIN; SAVEPOINT s; SELECT 1; ROLLBACK TO s; SELECT 2; COMMIT", 3, ["4, 5 and 6", "with statement 5 all"]),
    ],
)  # fmt: skip
def test_what_psql_would_go_on_with(text: str, failed: int, wanted: list[str]) -> None:
    notes = unrun(read_script(text), failed)
    assert len(notes) == bool(wanted)
    assert all(each in notes[0] for each in wanted)
    assert not wanted or ("ON_ERROR_STOP" in notes[0]) == (len(wanted) == 2)


async def test_a_new_column_without_values_is_no_matter_of_mending_rows(ground: Ground, live: Postgres) -> None:
    report = await ground.rehearse(live, "ALTER TABLE shop.orders ADD COLUMN gps_id text NOT NULL")
    (found,) = (each for each in report.findings if each.code == "fails-on-existing-data")
    assert found.remedy.startswith(
        "Give the new column gps_id a DEFAULT; or add it without NOT NULL, fill it in batches"
    )
    assert "Mend" not in found.remedy


FIRING = """
ALTER /* a */ TABLE t ADD COLUMN d int
ALTER TABLE t ALTER COLUMN a TYPE bigint
ALTER TABLE t DROP COLUMN a
ALTER TABLE t RENAME TO u
CREATE UNIQUE INDEX ON t (a)
CREATE OR REPLACE VIEW v AS SELECT 1 AS one
CREATE TEMP TABLE x (a int)
CREATE TABLE y AS SELECT 1 AS one
CREATE MATERIALIZED VIEW m AS SELECT 1 AS one
SELECT 1 AS one INTO z
CREATE TABLE k (id serial)
DROP INDEX t_b
COMMENT ON COLUMN t.a IS 'DROP'
GRANT SELECT ON t TO PUBLIC
REVOKE ALL ON t FROM PUBLIC
REINDEX TABLE t
UPDATE t SET a = 1
TRUNCATE t
ANALYZE t
LOCK TABLE t
SET lock_timeout = '2s'
CREATE TYPE e AS ENUM ('a')
CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()
CREATE CONSTRAINT TRIGGER g AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()
CREATE ROLE nobody_at_all
DO $$ BEGIN ALTER TABLE t ADD COLUMN c int; END $$
DO $$ BEGIN UPDATE t SET a = 2; END $$
""".strip().splitlines()
RECORDED = """
CREATE TABLE t (a int, b int); CREATE INDEX t_b ON t (b); INSERT INTO t VALUES (1, 1); CREATE TABLE seen (event text);
CREATE FUNCTION see() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen VALUES (tg_event); END $$;
CREATE FUNCTION see_tag() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen VALUES ('tagged'); END $$;
CREATE EVENT TRIGGER a ON ddl_command_start EXECUTE FUNCTION see();
CREATE EVENT TRIGGER b ON ddl_command_end EXECUTE FUNCTION see();
CREATE EVENT TRIGGER c ON sql_drop EXECUTE FUNCTION see();
CREATE EVENT TRIGGER d ON ddl_command_start WHEN TAG IN ('ALTER TABLE', 'CREATE TABLE', 'CREATE INDEX')
  EXECUTE FUNCTION see_tag();
"""


@pytest.mark.each
async def test_event_triggers_fire_where_we_say(any_database: Database) -> None:
    any_database.execute(RECORDED)
    events = ("ddl_command_start", "ddl_command_end", "sql_drop")
    known = [EventTrigger(event, event, (), "see()") for event in events]
    tags = ("ALTER TABLE", "CREATE TABLE", "CREATE INDEX")
    known.append(EventTrigger("tagged", "ddl_command_start", tags, "see_tag()"))
    async with await psycopg.AsyncConnection.connect(any_database.dsn) as connection:
        version = connection.info.server_version
        for statement in FIRING:
            await connection.execute(statement.encode())
            rows = await (await connection.execute("SELECT DISTINCT event FROM seen")).fetchall()
            await connection.rollback()
            (read,) = read_script(statement)
            said = {each.name for each in known if fires(each, read, version, rewrites=False)}
            assert said == {event for (event,) in rows}, statement
