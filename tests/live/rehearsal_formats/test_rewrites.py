"""A safer form of each hazard: it runs on the copy and leaves what the migration leaves."""

import asyncio

import psycopg
import pytest

from agents.commands.rehearse import _text
from tests.live.rehearsal.conftest import Shop
from tests.live.rehearsal.ground import Ground
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.formats import read_as
from tools.postgres.rehearsal.rewritten import spare_of
from tools.postgres.rehearsal.run import run_on
from tools.postgres.rehearsal.script import read_script

SAFER = [
    ("CREATE INDEX ON shop.accounts (kind)", ["CREATE INDEX CONCURRENTLY"]),
    ("CREATE UNIQUE INDEX numbers ON shop.accounts (number) INCLUDE (kind) WHERE balance > 3", ["CONCURRENTLY"]),
    ("CREATE INDEX events_kind ON shop.events (kind)", ["ON ONLY shop.events", "CONCURRENTLY", "ATTACH PARTITION"]),
    ("DROP INDEX shop.accounts_balance", ["DROP INDEX CONCURRENTLY"]),
    ("REINDEX TABLE shop.accounts", ["REINDEX TABLE CONCURRENTLY"]),
    ("BEGIN; CREATE INDEX CONCURRENTLY i ON shop.accounts (kind); COMMIT", ["CREATE INDEX CONCURRENTLY"]),
    ("ALTER TABLE shop.accounts ALTER COLUMN balance SET NOT NULL", ["NOT VALID", "VALIDATE", "SET NOT NULL"]),
    ("ALTER TABLE shop.accounts ADD CHECK (balance < 5000)", ["accounts_balance_check1", "NOT VALID", "VALIDATE"]),
    ("ALTER TABLE shop.entries ADD FOREIGN KEY (line) REFERENCES shop.colour (id), ADD CONSTRAINT a CHECK (amount > 0)",
     ["CONSTRAINT entries_line_fkey FOREIGN KEY", "NOT VALID", "VALIDATE CONSTRAINT entries_line_fkey"]),
    ("ALTER TABLE shop.accounts ADD UNIQUE (number, kind)", ["CREATE UNIQUE INDEX CONCURRENTLY", "USING INDEX"]),
    ("ALTER TABLE shop.loose ADD PRIMARY KEY (entry)", ["VALIDATE", "SET NOT NULL", "PRIMARY KEY USING INDEX"]),
    ("ALTER TABLE shop.accounts ALTER COLUMN balance TYPE bigint", ["DO $batches$", "accounts_balance_follows", "RENAME"]),
    ("ALTER TABLE shop.accounts ALTER COLUMN number TYPE bigint", ["UNIQUE USING INDEX", "SET NOT NULL"]),
    ("ALTER TABLE shop.accounts ALTER COLUMN id TYPE bigint", ["AS IDENTITY", "setval", "PRIMARY KEY USING INDEX",
                                                               "VALIDATE CONSTRAINT entries_account_id_fkey"]),
    ("ALTER TABLE shop.entries ALTER COLUMN account_id TYPE bigint", ["(account_id, line) >= (batch_first_1, batch_first_2)"]),
    ("ALTER TABLE shop.notes ALTER COLUMN id TYPE bigint", ["OWNED BY NONE", "OWNED BY shop.notes.id", "nextval"]),
    ("ALTER TABLE shop.accounts ALTER COLUMN iban TYPE text COLLATE \"C\" USING lower(iban)", ["lower(new.iban)"]),
    ("ALTER TABLE shop.accounts ALTER COLUMN opened TYPE text USING to_char(opened, 'YYYY') || kind", ["new.kind"]),
    ("ALTER TABLE shop.accounts RENAME COLUMN kind TO sort", ["deploy the code", "both", "DROP COLUMN kind"]),
    ("ALTER TABLE shop.accounts RENAME COLUMN iban TO account", ["DEFAULT 'none'"]),
    ("ALTER TABLE shop.notes RENAME TO remarks", ["CREATE VIEW shop.notes", "DROP VIEW shop.notes"]),
    ("ALTER TABLE shop.accounts ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid()", ["DO $batches$", "SET NOT NULL"]),
    ("ALTER TABLE shop.loose ADD COLUMN owner int REFERENCES shop.colour (id)", ["NOT VALID", "loose_owner_fkey"]),
    ("ALTER TABLE shop.notes ADD COLUMN more bigserial", ["CREATE SEQUENCE shop.notes_more_seq", "OWNED BY", "DO $batches$"]),
    ("BEGIN; ALTER TABLE shop.accounts ADD COLUMN more int; UPDATE shop.accounts SET more = balance * 2; COMMIT",
     ["DO $batches$", "DROP TABLE shop.accounts_progress_3"]),
    ("UPDATE shop.entries AS e SET text = a.kind FROM shop.accounts AS a WHERE a.id = e.account_id", ["DO $batches$"]),
    ("DELETE FROM shop.entries WHERE amount % 2 = 0", ["DO $batches$"]),
    ("ALTER TABLE shop.accounts DROP COLUMN number", ["DROP NOT NULL", "deploy the code"]),
    ("DROP TABLE shop.loose", ["RENAME TO loose_to_drop"]),
    ("REFRESH MATERIALIZED VIEW shop.totals; CREATE INDEX ON shop.accounts (kind)", ["VIEW CONCURRENTLY shop.totals"]),
    ("BEGIN; ALTER TYPE shop.state ADD VALUE 'gone'; UPDATE shop.orders SET state = 'gone' WHERE id = 1; COMMIT",
     ["ADD VALUE IF NOT EXISTS 'gone'"]),
]  # fmt: skip


@pytest.mark.parametrize(("up", "parts"), SAFER, ids=[up[:60] for up, _ in SAFER])
async def test_the_safer_form_leaves_what_the_migration_leaves(
    ground: Ground, live: Postgres, up: str, parts: list[str]
) -> None:
    report = await ground.rehearse(live, up)
    assert report.verdict != "safe", report.findings
    assert report.rewrite is not None, report.not_rewritten
    for part in parts:
        assert part in report.rewrite.up, report.rewrite.up
    assert report.rewrite.rehearsed is True, report.rewrite
    assert all("stand in another order" in each for each in report.rewrite.differences)


NONE = [
    ("VACUUM FULL shop.accounts", "pg_repack"),
    ("ALTER TABLE shop.loose SET UNLOGGED", "SET UNLOGGED writes all"),
    ("ALTER TABLE shop.orders ALTER COLUMN user_id TYPE int", "fails as it is"),
    ("ALTER TABLE shop.orders ALTER COLUMN code TYPE char(20)", "trigger logged would run for every row"),
    ("UPDATE shop.loose SET entry = entry || '!'", "no primary key"),
    ("UPDATE shop.accounts SET balance = (SELECT max(balance) FROM shop.accounts)", "reads shop.accounts while it changes"),
    ("ALTER TABLE shop.accounts ADD COLUMN twice int GENERATED ALWAYS AS (balance * 2) STORED", "generated column"),
    ("ALTER TABLE shop.accounts ADD COLUMN n int GENERATED ALWAYS AS IDENTITY", "identity column"),
    ("ALTER TABLE shop.accounts ADD EXCLUDE USING btree (number WITH =)", "exclusion"),
    ("ALTER TABLE shop.orders ALTER COLUMN note SET NOT NULL", "fails as it is"),
]  # fmt: skip


@pytest.mark.parametrize(("up", "why"), NONE, ids=[up[:60] for up, _ in NONE])
async def test_where_there_is_no_safer_form_the_reason_is_given(
    ground: Ground, live: Postgres, up: str, why: str
) -> None:
    report = await ground.rehearse(live, up)
    assert why in " ".join(each.why for each in report.not_rewritten), (report.not_rewritten, report.rewrite)


@pytest.mark.parametrize("what", ["FOREIGN KEY (line) REFERENCES shop.colour (id)", "CHECK (line < 50)"])
async def test_steps_that_live_rows_would_stop_are_not_offered(
    ground: Ground, live: Postgres, shop: Shop, what: str
) -> None:
    """The copy was made before the row came, and does not know of it."""
    shop.database.execute("INSERT INTO shop.entries (account_id, line) VALUES (1, 99)")
    try:
        report = await ground.rehearse(live, f"ALTER TABLE shop.entries ADD {what}")
    finally:
        shop.database.execute("DELETE FROM shop.entries WHERE line = 99")
    assert not any(each.error for each in report.steps)
    assert report.rewrite is None
    (kept,) = report.not_rewritten
    assert "fails on the live rows" in kept.why
    _, _, listed = kept.why.partition("listed by: ")
    assert listed.startswith("SELECT")
    assert not [each.remedy for each in report.findings if "NOT VALID;" in each.remedy]


async def test_a_row_named_by_its_key_is_not_changed_in_batches(ground: Ground, live: Postgres) -> None:
    """It cannot be counted: the new value of the type stops it on the copy."""
    begin = "BEGIN; ALTER TYPE shop.state ADD VALUE 'gone'; UPDATE shop.orders SET state = 'gone' WHERE"
    few = await ground.rehearse(live, f"{begin} id IN (1, 2) AND state = 'new'; COMMIT")
    assert few.rewrite is not None, few.not_rewritten
    assert "DO $batches$" not in few.rewrite.up
    many = await ground.rehearse(live, f"{begin} id > 7; COMMIT")
    assert many.rewrite is not None, many.not_rewritten
    assert "DO $batches$" in many.rewrite.up


@pytest.mark.once
async def test_a_time_limit_alone_is_not_called_safer_steps(ground: Ground, live: Postgres) -> None:
    up = "ALTER TABLE shop.accounts ADD EXCLUDE USING btree (number WITH =)"
    text = _text(read_as(up), await ground.rehearse(live, up), False)
    assert "Safer steps" not in text
    assert "No safer form" not in text
    assert "The same with a lock_timeout" in text
    assert "No form of statement 1 that locks less" in text


@pytest.mark.once
@pytest.mark.parametrize(
    ("up", "back"),
    [("DROP INDEX shop.accounts_balance", "CREATE INDEX CONCURRENTLY accounts_balance ON shop.accounts"),
     ("CREATE UNIQUE INDEX numbers ON shop.accounts (number, kind)", "DROP INDEX CONCURRENTLY shop.numbers")],
)  # fmt: skip
async def test_the_way_back_of_the_safer_form_waits_for_nobody(
    ground: Ground, live: Postgres, up: str, back: str
) -> None:
    report = await ground.rehearse(live, up)
    assert report.rewrite is not None, report.not_rewritten
    assert back in report.rewrite.down


@pytest.mark.once
async def test_the_spare_looks_names_up_where_the_copy_does(ground: Ground) -> None:
    async with ground.fresh() as copy:
        async with await copy.connect() as keeper:
            await keeper.execute(b'SET search_path = shop, "odd, one"')
            await keeper.execute(f"ALTER DATABASE {copy.database} SET search_path FROM CURRENT".encode())
        async with spare_of(copy) as spare:
            assert spare is not None
            async with await spare.connect() as connection:
                found = await connection.execute("SELECT current_setting('search_path'), 'accounts'::regclass::text")
                assert await found.fetchone() == ('shop, "odd, one"', "accounts")


async def test_rows_that_come_while_the_old_ones_are_filled_have_the_default(ground: Ground, live: Postgres) -> None:
    """The migration sets it last; in steps of their own that would be too late for what is inserted between them."""
    up = (
        "ALTER TABLE shop.accounts ADD COLUMN more int; UPDATE shop.accounts SET more = 7 WHERE more IS NULL;"
        " ALTER TABLE shop.accounts ALTER COLUMN more SET DEFAULT 7, ALTER COLUMN more SET NOT NULL,"
        " ALTER COLUMN kind SET DEFAULT 'giro'"
    )
    report = await ground.rehearse(live, up)
    assert report.rewrite is not None, report.not_rewritten
    assert report.rewrite.rehearsed
    text = report.rewrite.up
    places = [
        text.index(part) for part in ("more SET DEFAULT 7", "DO $batches$", "NOT VALID", "kind SET DEFAULT 'giro'")
    ]
    assert places == sorted(places), text
    async with ground.fresh() as copy, await copy.connect() as keeper:
        for number, statement in enumerate(read_script(text)):
            await keeper.execute(statement.sql.encode())
            if "ADD COLUMN" not in statement.sql:  # before the default is there, the batches find what comes
                await keeper.execute("INSERT INTO shop.accounts (number) VALUES (%s)", (1_000_000 + number,))
        found = await keeper.execute("SELECT count(*) FROM shop.accounts WHERE more IS DISTINCT FROM 7")
        assert await found.fetchone() == (0,)


@pytest.mark.parametrize(
    ("value", "between"), [("7", "CREATE SEQUENCE shop.later;"), ("DEFAULT", ""), ("7", "ALTER TABLE shop.notes")]
)
async def test_a_default_that_must_come_later_does(ground: Ground, live: Postgres, value: str, between: str) -> None:
    table = "shop.accounts"
    if between.startswith("ALTER"):  # of another table, or the column of another name, it is none of the update's
        table, between = "shop.notes", "ALTER TABLE shop.notes ADD COLUMN more int;"
    up = (
        f"ALTER TABLE shop.accounts ADD COLUMN more int; UPDATE shop.accounts SET more = {value}; {between}"
        f" ALTER TABLE {table} ALTER COLUMN more SET DEFAULT 8"
    )
    report = await ground.rehearse(live, up)
    assert report.rewrite is not None, report.not_rewritten
    assert report.rewrite.rehearsed
    assert report.rewrite.up.index("DO $batches$") < report.rewrite.up.index("more SET DEFAULT 8")


async def test_batches_that_are_stopped_go_on_where_they_were(ground: Ground, live: Postgres) -> None:
    """Every row is changed exactly once, although the run is ended in the middle again and again."""
    up = "UPDATE shop.entries SET amount = amount + 1000000"
    report = await ground.rehearse(live, up)
    assert report.rewrite is not None
    assert report.rewrite.rehearsed
    make, batches, drop = (
        each for each in read_script(report.rewrite.up) if "lock_timeout" not in each.sql.split("$")[0]
    )
    slow = batches.sql.replace("LIMIT 5000", "LIMIT 100").replace("pg_sleep(0.05)", "pg_sleep(0.02)")
    async with ground.fresh() as copy:
        ends = 0
        async with await copy.connect() as keeper:
            await keeper.execute(make.sql.encode())
            while True:
                worker = await copy.connect()
                task = asyncio.create_task(worker.execute(slow.encode()))
                await asyncio.wait([task], timeout=0.15)
                if not task.done():
                    await keeper.execute("SELECT pg_terminate_backend(%s)", (worker.info.backend_pid,))
                    ends += 1
                try:
                    await task
                    break
                except psycopg.OperationalError:
                    continue
                finally:
                    await worker.close()
            found = await keeper.execute(
                "SELECT count(*) FILTER (WHERE amount BETWEEN 1000000 AND 1999999), count(*) FROM shop.entries"
            )
            assert len(set(await found.fetchone() or (0, 1))) == 1
            # Once it is done, running it again changes nothing.
            await keeper.execute(slow.encode())
            again = await keeper.execute("SELECT max(amount) FROM shop.entries")
            assert (await again.fetchone() or (0,))[0] < 2_000_000
        assert ends > 2
        await run_on(copy, (drop,), owner=None, limit_s=10)
