"""Migrations on a live shop: verdicts at live size, the way back, and text that must not run."""

import re
from collections.abc import Iterator

import psycopg
import pytest

from common.catalogue import CATALOGUE
from common.config.settings import Settings
from common.errors import DbcrewError, InputError, MalformedSql, Refused, TimedOut
from tests.live.rehearsal.conftest import Shop
from tests.live.rehearsal.ground import Ground, grounds
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal import rehearsal
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.run import run_on
from tools.postgres.rehearsal.script import read_script
from tools.postgres.rehearsal.verdict import Report, rehearse

TABLES = [QualifiedName("shop", name) for name in ("audit", "colour", "items", "orders", "users")]


@pytest.fixture(scope="module")
def ground(shop: Shop) -> Iterator[Ground]:
    with grounds(shop, TABLES, 5_000) as made:
        yield made


def codes(report: Report, least: str = "low") -> set[str]:
    order = ["critical", "high", "medium", "low", "info"]
    return {each.code for each in report.findings if order.index(each.severity) <= order.index(least)}


REVERSIBLE = """
CREATE INDEX orders_at ON shop.orders (at)
CREATE INDEX CONCURRENTLY ON shop.orders (code)
ALTER TABLE shop.orders ADD COLUMN more text DEFAULT 'x', ADD CONSTRAINT c CHECK (total < 100000)
ALTER TABLE shop.orders ALTER COLUMN at SET NOT NULL; COMMENT ON COLUMN shop.orders.at IS 'when'
COMMENT ON TABLE shop.orders IS 'new words'; ALTER TABLE shop.orders SET (fillfactor = 70)
COMMENT ON SCHEMA shop IS 'what is sold'
ALTER TABLE shop.users RENAME COLUMN email TO mail; ALTER INDEX shop.users_email_key RENAME TO k
ALTER TABLE shop.orders DROP CONSTRAINT orders_user_id_fkey, ALTER state DROP DEFAULT, ALTER user_id SET STATISTICS 500
ALTER TABLE shop.orders ALTER COLUMN code TYPE text
DROP VIEW shop.big; DROP INDEX shop.orders_user
CREATE OR REPLACE VIEW shop.big AS SELECT id, total FROM shop.orders WHERE total > 5
CREATE TABLE shop.more (id int REFERENCES shop.users (id)); CREATE STATISTICS shop.s ON state, user_id FROM shop.orders
BEGIN; ALTER TABLE shop.colour RENAME TO colours; ALTER TABLE shop.colours ADD COLUMN hex text; COMMIT
CREATE POLICY p ON shop.orders USING (true); ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY
GRANT UPDATE ON shop.orders TO PUBLIC
""".strip().splitlines()


@pytest.mark.parametrize("up", REVERSIBLE)
async def test_a_derived_down_restores_catalogue_and_data(ground: Ground, live: Postgres, up: str) -> None:
    report = await ground.rehearse(live, up)
    assert not any(step.error for step in report.steps), report.steps
    assert report.down.source == "derived", report.down
    assert report.down.restores is True, report.down


async def test_a_comment_on_a_schema_is_part_of_what_must_come_back(ground: Ground, live: Postgres) -> None:
    report = await ground.rehearse(live, "COMMENT ON SCHEMA shop IS 'what is sold'", "SELECT 1")
    assert report.down.restores is False


SLOW = "sha512(repeat(code, 5000)::bytea)"
CODES = {
    # code: a migration that it is for, the verdict of that one, a near miss that it is not for; each with its down, if any
    "lock-blocks-reads": (f"ALTER TABLE shop.orders ADD CHECK ({SLOW} IS NOT NULL)", "unsafe",
                          f"ALTER TABLE shop.orders ADD CHECK ({SLOW} IS NOT NULL) NOT VALID"),
    "lock-blocks-writes": (f"UPDATE shop.orders SET note = encode({SLOW}, 'hex')", "unsafe",
                           f"UPDATE shop.orders SET note = encode({SLOW}, 'hex') WHERE id % 100 = 1"),
    "table-rewrite": ("ALTER TABLE shop.orders ADD COLUMN token uuid DEFAULT gen_random_uuid()", "",
                      "ALTER TABLE shop.orders ADD COLUMN token uuid DEFAULT '00000000-0000-0000-0000-000000000000'"),
    "long-lock-on-large-table": (f"BEGIN; ALTER TABLE shop.orders ADD x int; SELECT max({SLOW}::text) FROM shop.orders; COMMIT",
                                 "unsafe",
                                 f"BEGIN; SELECT max({SLOW}::text) FROM shop.orders; ALTER TABLE shop.orders ADD x int; COMMIT"),
    "index-build-blocks-writes": ("CREATE INDEX ON shop.orders (at)", "", "CREATE INDEX ON shop.colour (name)"),
    "ddl-and-backfill-together": ("BEGIN; ALTER TABLE shop.orders ADD COLUMN x int; UPDATE shop.orders SET x = 1; COMMIT",
                                  "unsafe", "ALTER TABLE shop.orders ADD COLUMN x int; UPDATE shop.orders SET x = 1"),
    "not-reversible": ("ALTER TYPE shop.state ADD VALUE 'gone'", "safe", "ALTER TYPE shop.state RENAME VALUE 'paid' TO 'payed'"),
    "rollback-loses-data": ("TRUNCATE shop.items", "unsafe", "TRUNCATE shop.audit"),
    "down-does-not-restore": (("ALTER TABLE shop.orders ADD COLUMN x int", "ALTER TABLE shop.orders DROP COLUMN code"), "unsafe",
                              ("ALTER TABLE shop.orders ADD COLUMN x int", "ALTER TABLE shop.orders DROP COLUMN x")),
    "fails-on-existing-data": ("ALTER TABLE shop.orders ALTER COLUMN note SET NOT NULL", "unsafe",
                               "ALTER TABLE shop.orders ALTER COLUMN at SET NOT NULL"),
    "dependent-object-breaks": ("ALTER TABLE shop.orders RENAME COLUMN note TO words", "unsafe",
                                "ALTER TABLE shop.orders RENAME COLUMN at TO moment"),
    "rename-breaks-callers": ("SET lock_timeout = '2s'; ALTER TABLE shop.orders RENAME COLUMN at TO moment", "careful",
                              "ALTER TABLE shop.colour RENAME TO colours; CREATE VIEW shop.colour AS TABLE shop.colours"),
    "trigger-multiplies-writes": ("UPDATE shop.orders SET total = total + 1", "",
                                  "UPDATE shop.orders SET total = total + 1 WHERE id % 100 = 1"),
    "enum-value-in-own-transaction": (
        "BEGIN; ALTER TYPE shop.state ADD VALUE 'gone'; UPDATE shop.orders SET state = 'gone' WHERE id = 1; COMMIT", "unsafe",
        "ALTER TYPE shop.state ADD VALUE 'gone'; UPDATE shop.orders SET state = 'gone' WHERE id = 1"),
    "not-possible-here": ("ALTER TABLE shop.nothere ADD COLUMN x int", "unsafe",
                          "ALTER TABLE IF EXISTS shop.nothere ADD COLUMN x int"),
    "no-lock-timeout": ("ALTER TABLE shop.orders ADD COLUMN more text", "careful",
                        "SET lock_timeout = '2s'; ALTER TABLE shop.orders ADD COLUMN more text"),
    "concurrently-in-transaction": ("BEGIN; CREATE INDEX CONCURRENTLY i ON shop.orders (at); COMMIT", "unsafe",
                                    "CREATE INDEX CONCURRENTLY i ON shop.orders (at)"),
    "small-table-safe": ("CREATE INDEX ON shop.colour (name)", "safe", "CREATE INDEX ON shop.orders (at)"),
}  # fmt: skip
ELSEWHERE = {"retry-over-invalid-index", "plan-regression"}
"""Those that need more than a migration have tests of their own below."""


def test_every_code_of_migrations_has_its_cases() -> None:
    assert CODES.keys() | ELSEWHERE == CATALOGUE["Migrations"]


@pytest.mark.parametrize("code", CODES)
async def test_a_code_and_its_near_miss(ground: Ground, live: Postgres, code: str) -> None:
    case, verdict, near = CODES[code]
    report = await ground.rehearse(live, *([case] if isinstance(case, str) else case))
    assert code in codes(report, "info"), [(each.code, each.why) for each in report.findings]
    assert verdict in ("", report.verdict), codes(report)
    missed = await ground.rehearse(live, *([near] if isinstance(near, str) else near))
    assert code not in codes(missed, "info"), [(each.code, each.why) for each in missed.findings]
    assert not [each.error for each in missed.steps if each.error], missed.steps


async def test_a_plan_that_gets_worse(ground: Ground, live: Postgres, shop: Shop) -> None:
    shop.database.execute("CREATE EXTENSION pg_stat_statements")
    try:
        with psycopg.connect(shop.database.dsn, autocommit=True) as application:
            for number in range(20):
                application.execute(
                    "SELECT count(*) FROM shop.users AS u,"
                    " LATERAL (SELECT id FROM shop.orders AS o WHERE o.user_id = u.id OFFSET 0) AS x WHERE u.boss = %s",
                    (number % 10 + 1,),
                )
        shop.database.execute(f"GRANT pg_read_all_stats TO {shop.looker}")
        report = await ground.rehearse(live, "DROP INDEX shop.orders_user")
        assert "plan-regression" in codes(report), report.served
        other = "CREATE INDEX CONCURRENTLY o ON shop.orders (user_id, total); DROP INDEX CONCURRENTLY shop.orders_user"
        report = await ground.rehearse(live, other)
        assert "plan-regression" not in codes(report), report.served
        assert [each.error for each in report.served] == [""]
    finally:
        shop.database.execute(f"REVOKE pg_read_all_stats FROM {shop.looker}; DROP EXTENSION pg_stat_statements")


ORDERS = "BEGIN; SET LOCAL lock_timeout = '2s'; ALTER TABLE shop.orders ADD COLUMN x int"
FEW = [
    f"{ORDERS}; CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('a1');"
    " UPDATE alembic_version SET version_num = 'b2'; COMMIT",
    f"{ORDERS}; UPDATE shop.colour SET name = 'red' WHERE id = 3; COMMIT",
    f"{ORDERS}; UPDATE shop.orders SET x = 1 WHERE id < 6; COMMIT",
]


@pytest.mark.parametrize("up", FEW)
async def test_a_handful_of_rows_is_no_backfill(ground: Ground, live: Postgres, up: str) -> None:
    report = await ground.rehearse(live, up)
    assert [each.error for each in report.steps if each.error] == []
    assert "ddl-and-backfill-together" not in codes(report, "info"), [(f.code, f.why) for f in report.findings]
    assert report.verdict != "unsafe", codes(report)


UNSAFE = [
    ("ALTER TABLE shop.orders ADD CONSTRAINT u UNIQUE (user_id)", None, "fails-on-existing-data"),
    ("ALTER TABLE shop.orders ADD CONSTRAINT k CHECK (total < 900)", None, "fails-on-existing-data"),
    ("ALTER TABLE shop.orders ALTER COLUMN code TYPE varchar(5)", None, "fails-on-existing-data"),
    ("ALTER TABLE shop.items ADD FOREIGN KEY (order_id) REFERENCES shop.colour (id)", None, "fails-on-existing-data"),
    ("ALTER TABLE shop.orders DROP COLUMN total", None, "dependent-object-breaks"),
    ("ALTER TABLE shop.orders DROP COLUMN total CASCADE", None, "dependent-object-breaks"),
    ("ALTER TABLE shop.orders DROP COLUMN note", None, "dependent-object-breaks"),
    ("ALTER TABLE shop.orders DROP COLUMN code", "ALTER TABLE shop.orders ADD COLUMN code varchar(20)", "down-does-not-restore"),
    ("CREATE TABLE shop.t (id int); CREATE TABLE shop.u (id int)", "DROP TABLE shop.t", "down-does-not-restore"),
    ("DROP VIEW shop.big; ALTER TABLE shop.orders ALTER COLUMN total TYPE numeric(12, 0) USING total / 7", None,
     "rollback-loses-data"),
    ("DROP TABLE shop.items", None, "rollback-loses-data"),
    ("DELETE FROM shop.items", None, "rollback-loses-data"),
    ("CREATE EXTENSION dblink", None, "not-possible-here"),
]  # fmt: skip


@pytest.mark.parametrize(("up", "down", "code"), UNSAFE)
async def test_what_is_dangerous_is_unsafe(
    ground: Ground, live: Postgres, up: str, down: str | None, code: str
) -> None:
    report = await ground.rehearse(live, up, down)
    assert code in codes(report), (report.verdict, [(f.code, f.why) for f in report.findings])
    assert report.verdict == "unsafe", codes(report)
    for each in report.findings:
        if each.code == "fails-on-existing-data":
            asked = each.remedy.rpartition("listed by: ")[2]
            async with live.session() as session:
                shown = await session.rows(asked)
            assert shown, asked
            assert len(shown[0]) > 1, asked
    if code == "rollback-loses-data":
        assert report.down.lost


BLAMED = [
    ("COMMENT ON TABLE shop.audit IS 'x'; ALTER TABLE shop.orders ALTER note SET NOT NULL", 2, "shop.orders.note"),
    ("COMMENT ON TABLE shop.audit IS 'x'; DO $$ BEGIN UPDATE shop.orders SET total = -1; END $$", 2, "shop.orders"),
    ("UPDATE shop.audit SET what = 'x'; DO $$ BEGIN PERFORM 1 / 0; END $$", 2, "statement 2"),
    ("COMMENT ON TABLE shop.audit IS 'x'; DROP TABLE shop.orders", 2, "shop.orders"),
    ("BEGIN; ALTER TABLE shop.audit ADD more bigint REFERENCES shop.users DEFERRABLE INITIALLY DEFERRED;"
     " INSERT INTO shop.audit (more) VALUES (-1); COMMIT", 4, "shop.audit"),
]  # fmt: skip


@pytest.mark.parametrize(("up", "number", "where"), BLAMED)
async def test_a_failure_names_the_object_of_its_own_statement(
    ground: Ground, live: Postgres, up: str, number: int, where: str
) -> None:
    report = await ground.rehearse(live, up)
    (failed,) = (one for one in report.findings if one.code in ("fails-on-existing-data", "dependent-object-breaks"))
    assert (failed.object, failed.statement) == (where, number)


@pytest.mark.once
async def test_rows_that_a_down_leaves_are_said_to_be_those_of_the_copy(ground: Ground, live: Postgres) -> None:
    down = "ALTER TABLE shop.orders DROP COLUMN x; DELETE FROM shop.items WHERE id % 2 = 0"
    report = await ground.rehearse(live, "ALTER TABLE shop.orders ADD x int", down)
    (found,) = (each for each in report.findings if each.code == "down-does-not-restore")
    assert re.search(
        r"shop.items: had .* \(counted on the copy, which has [0-9,]+ of about 2,000 live rows\)", found.why
    )


CAREFUL = [
    ("DELETE FROM shop.orders WHERE id % 100 = 1 AND NOT EXISTS (SELECT FROM shop.items WHERE order_id = orders.id)",
     "rollback-loses-data"),
    ("UPDATE shop.colour SET name = upper(name)", "rollback-loses-data"),
    ("ALTER TABLE shop.users DROP COLUMN boss", "rollback-loses-data"),
]  # fmt: skip


@pytest.mark.parametrize(("up", "code"), CAREFUL)
async def test_a_loss_that_is_stated_is_careful(ground: Ground, live: Postgres, up: str, code: str) -> None:
    report = await ground.rehearse(live, up)
    assert code in codes(report), [(f.code, f.why) for f in report.findings]
    assert report.verdict == "careful", codes(report)
    assert report.down.lost


SAFE = [
    ("CREATE TABLE shop.more (id int PRIMARY KEY)", "DROP TABLE shop.more"),
    ("ALTER TABLE shop.colour ADD COLUMN hex text", None),
    ("ALTER TABLE shop.colour ALTER COLUMN name SET NOT NULL", None),
    ("SET lock_timeout = '2s'; ALTER TABLE shop.orders ADD COLUMN more text", None),
    ("SET lock_timeout = '2s'; ALTER TABLE shop.orders ADD CONSTRAINT c CHECK (total < 100000) NOT VALID", None),
    ("CREATE INDEX CONCURRENTLY orders_at ON shop.orders (at)", "DROP INDEX CONCURRENTLY shop.orders_at"),
    ("INSERT INTO shop.colour VALUES (21, 'c21')", "DELETE FROM shop.colour WHERE id = 21"),
    ("UPDATE shop.colour SET name = name || '!'", "UPDATE shop.colour SET name = rtrim(name, '!')"),
    ("COMMENT ON TABLE shop.orders IS 'new words'", None),
]


@pytest.mark.parametrize(("up", "down"), SAFE)
async def test_what_nobody_would_notice_is_safe(ground: Ground, live: Postgres, up: str, down: str | None) -> None:
    report = await ground.rehearse(live, up, down)
    assert report.verdict == "safe", [(f.severity, f.code, f.why) for f in report.findings]
    assert report.down.restores is True, report.down


async def test_a_broken_index_that_a_retry_would_pass_over(ground: Ground, live: Postgres, shop: Shop) -> None:
    shop.database.execute("CREATE INDEX half ON shop.colour (name)")
    up = "CREATE INDEX CONCURRENTLY IF NOT EXISTS half ON shop.colour (name)"
    try:
        assert "retry-over-invalid-index" not in codes(await ground.rehearse(live, up))
        shop.database.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shop.half'::regclass")
        report = await ground.rehearse(live, up)
    finally:
        shop.database.execute("DROP INDEX shop.half")
    assert "retry-over-invalid-index" in codes(report)
    assert report.verdict == "unsafe"


REBUILDS = [
    "ALTER TABLE shop.colour ALTER COLUMN id TYPE bigint",
    "ALTER TABLE shop.colour ALTER COLUMN name TYPE varchar",
    "REINDEX TABLE shop.colour",
]


async def test_a_broken_index_that_a_rewrite_builds_anew(ground: Ground, live: Postgres, shop: Shop) -> None:
    shop.database.execute("INSERT INTO shop.colour VALUES (21, 'c20')")
    with psycopg.connect(shop.database.dsn, autocommit=True) as superuser:
        try:
            with pytest.raises(psycopg.errors.UniqueViolation):
                superuser.execute("CREATE UNIQUE INDEX CONCURRENTLY half ON shop.colour (name)")
            for up in REBUILDS:
                with pytest.raises(psycopg.errors.UniqueViolation):  # what the live server itself says to it
                    superuser.execute(up)  # type: ignore[arg-type]
                report = await ground.rehearse(live, up)
                (found,) = (each for each in report.findings if each.code == "fails-on-existing-data")
                assert (found.object, found.statement) == ("shop.half", 1)
                assert found.why.endswith("; 1 value of name that are there more than once")
                assert found.remedy.startswith("DROP INDEX CONCURRENTLY shop.half;")
            for up in ("ALTER TABLE shop.colour ADD COLUMN x int", f"DROP INDEX IF EXISTS shop.half; {REBUILDS[0]}"):
                report = await ground.rehearse(live, up)
                assert "shop.half" not in {each.object for each in report.findings}
            report = await ground.rehearse(live, f"DROP INDEX shop.half; {REBUILDS[0]}")
            (found,) = (each for each in report.findings if each.code == "not-possible-here")
            assert found.remedy == "Run DROP INDEX CONCURRENTLY shop.half; by itself, before the migration."
            shop.database.execute("DELETE FROM shop.colour WHERE id = 21")
            report = await ground.rehearse(live, REBUILDS[0])
            (found,) = (each for each in report.findings if each.object == "shop.half")
            assert (found.code, found.severity, report.verdict) == ("retry-over-invalid-index", "low", "safe")
        finally:
            superuser.execute("DELETE FROM shop.colour WHERE id = 21")
            superuser.execute("DROP INDEX shop.half")


async def test_the_same_statement_on_a_small_and_a_large_table(live: Postgres, settings: Settings) -> None:
    small = await rehearse(live, "CREATE INDEX ON shop.colour (name)", settings=settings)
    assert small.verdict == "safe"
    assert "small-table-safe" in codes(small, "info")
    assert any(each.code.startswith("squawk:") for each in small.findings)
    large = await rehearse(live, "CREATE INDEX ON shop.orders (at)", settings=settings)
    assert large.verdict != "safe"
    assert "index-build-blocks-writes" in codes(large)
    assert large.estimate.live_rows == 30_000
    assert "sample of the rows of shop.orders" in large.copy_about
    assert large.rewrite is not None
    assert "CONCURRENTLY" in large.rewrite.up
    assert large.rewrite.rehearsed
    locks = {(lock.mode, lock.object, tuple(lock.blocks)) for lock in large.locks}
    assert ("ShareLock", "shop.orders", ("writes",)) in locks


async def test_tables_that_the_role_may_not_see_are_named_with_the_grant(
    shop: Shop, live: Postgres, settings: Settings
) -> None:
    shop.database.execute("CREATE SCHEMA dark; CREATE TABLE dark.t (id int); CREATE TABLE shop.hidden (id int)")
    try:
        for name, grant in (
            ("dark.t", rf"GRANT USAGE ON SCHEMA \"?dark\"? TO .*; GRANT SELECT ON dark\.t TO \"?{shop.looker}"),
            ("shop.hidden", rf"GRANT SELECT ON shop\.hidden TO \"?{shop.looker}"),
        ):
            with pytest.raises(Refused, match=grant):
                await rehearse(live, f"ALTER TABLE {name} ADD COLUMN x int", settings=settings)
    finally:
        shop.database.execute("DROP SCHEMA dark CASCADE; DROP TABLE shop.hidden")


@pytest.mark.once
@pytest.mark.parametrize(
    "hostile",
    [
        "COPY shop.orders TO PROGRAM 'touch /tmp/dbcrew-was-here'",
        "COPY shop.orders FROM '/etc/passwd'",
        "DROP DATABASE postgres",
        "ALTER SYSTEM SET fsync = off",
        "SELECT lo_import('/etc/passwd')",
        "SELECT dblink_connect('host=127.0.0.1')",
        "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw",
        "CREATE ROLE r SUPERUSER",
    ],
)
async def test_what_reaches_outside_is_refused_before_anything_starts(
    live: Postgres, settings: Settings, hostile: str
) -> None:
    with pytest.raises(Refused, match=r"statement 2 \(line 2\)"):
        await rehearse(live, f"SELECT 1;\n{hostile};", settings=settings)


@pytest.mark.parametrize(
    "hidden",
    [
        "EXECUTE 'COPY shop.orders TO PROGRAM ''id'''",
        "EXECUTE 'ALTER SYSTEM SET fsync = off'",
        "PERFORM lo_import('/etc/passwd')",
        "EXECUTE 'CREATE ROLE r SUPERUSER'",
        "EXECUTE 'CREATE EXTENSION postgres_fdw'",
        "SET ROLE dbcrew_keeper",
        "SET SESSION AUTHORIZATION dbcrew_keeper",
    ],
)
async def test_what_hides_from_the_parser_has_no_right_on_the_copy(ground: Ground, live: Postgres, hidden: str) -> None:
    report = await ground.rehearse(live, f"DO $$ BEGIN {hidden}; END $$")
    assert report.verdict == "unsafe"
    assert report.steps[0].error is not None
    refusals = ("permission denied", "cannot be executed from a function", "not on this machine", "must be superuser")
    assert any(each in report.steps[0].error.lower() for each in refusals), report.steps


async def test_a_statement_that_never_ends_is_stopped(
    ground: Ground, live: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "STATEMENT_S", 1.0)
    with pytest.raises(TimedOut, match=r"Statement 2 \(line 1\)"):
        await ground.rehearse(live, "SET statement_timeout = 0; DO $$ BEGIN LOOP END LOOP; END $$")


async def test_a_statement_that_catches_its_cancelling_is_stopped_and_spoken_of(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.postgres.rehearsal.run._TELL_S", 0.5)
    caught = "LOOP BEGIN PERFORM pg_sleep(9); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP"
    said: list[str] = []
    async with ground.fresh() as copy:
        statements = read_script(f"SET statement_timeout = 0; DO $$ BEGIN {caught}; END $$", "up")
        with pytest.raises(TimedOut, match=r"Statement 2 .* longer than 2 s and was stopped"):
            await run_on(copy, statements, owner=None, limit_s=2.0, progress=said.append)
        async with await copy.connect() as connection:
            cursor = await connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %pg_sleep(9)%'"
            )
            assert await cursor.fetchone() == (0,)
    assert said[0].startswith("statement 2 (line 1) runs on the copy for ")
    assert said[0].endswith(" s now; it is stopped after 2 s")


@pytest.mark.once
@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("SELECT 1;\nALTER TABEL x;", MalformedSql, "line 2"),
        ("\\set x 1\nSELECT :x;", InputError, r"psql command \\set"),
        ("  -- nothing\n", InputError, "no statement"),
        ("SELECT '\0'", InputError, "NUL"),
        ("SELECT 1;" * 300_000, InputError, "most that is read"),
        ("SELECT 1;\nSELECT " + "+" * 100_000 + "1", MalformedSql, "line 2 holds a run"),
        ("SELECT " + "(" * 20_000, MalformedSql, "the migration|nested"),
    ],
)
async def test_what_is_no_migration_is_named(
    live: Postgres, settings: Settings, text: str, error: type[DbcrewError], says: str
) -> None:
    with pytest.raises(error, match=says):
        await rehearse(live, text, settings=settings)
