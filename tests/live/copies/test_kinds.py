"""What each kind of copy holds and does not hold: searched on its disk, and asked of its planner."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psycopg
import pytest

from common import directories
from common.config.settings import CopyKind, Settings
from tests.live.copies.conftest import ROWS, People, searched
from tools.postgres.connection import Postgres
from tools.postgres.copying.proofs import is_card
from tools.postgres.rehearsal.copy import Copy, copy_of
from tools.postgres.rehearsal.names import QualifiedName

TABLES = [QualifiedName("crm", name) for name in ("customers", "logins", "letters", "odds")]


def folders() -> set[Path]:
    return {each for each in (directories.engines() / "copies").iterdir() if each.is_dir()}


async def ask(copy: Copy, statement: str) -> list[tuple[object, ...]]:
    async with await copy.connect() as connection:
        return await (await connection.execute(statement.encode())).fetchall()


@pytest.mark.parametrize("kind", ["rows", "masked", "none"])
async def test_no_personal_value_is_on_the_disk_of_a_copy(people: People, live: Postgres, kind: CopyKind) -> None:
    planted = people.planted()
    assert len(planted) > 12 * ROWS
    email, ssn = people.ask("SELECT email, ssn FROM crm.customers WHERE id = 17")[0]
    before = folders()
    async with copy_of(live, TABLES, settings=Settings(postgresql_copy=kind), children=True) as copy:
        (folder,) = folders() - before
        assert (folder / "data").stat().st_mode & 0o777 == 0o700
        async with await copy.connect_as_owner() as owner:
            # What others write may hold values of people too: in conditions, in changes, in what fails.
            text = f"UPDATE crm.customers SET nickname = '{email}' WHERE email = '{email}' AND ssn = {ssn}"
            changed = await owner.execute(text.encode())
            assert changed.rowcount == (kind != "none")
            with pytest.raises(psycopg.Error):
                await owner.execute(f"SELECT nothere FROM crm.customers WHERE email = '{email}'".encode())
        await ask(copy, "SELECT 1 FROM crm.customers ORDER BY email")
        async with await copy.connect() as keeper:
            await keeper.execute("CHECKPOINT")
        size, files, found = searched(folder, planted)
        print(f"{kind}, PostgreSQL {copy.version // 10_000}: {len(planted):,} planted values, {len(found):,} of them"
              f" in {files:,} files of {size:,} bytes; columns: {len(copy.masked)}")  # fmt: skip
        if kind == "rows":
            # Not those that are looked for as texts, and stand there as numbers or addresses only.
            assert len(found) > 0.95 * len(planted)
            assert copy.meaning == ""
        else:
            assert found == set()
            assert copy.meaning in copy.about
    assert folders() == before


async def test_masked_rows_keep_what_plans_and_joins_depend_on(people: People, live: Postgres) -> None:
    facts = """
        SELECT count(*), count(DISTINCT email), count(DISTINCT lower(email)), count(DISTINCT ssn), count(DISTINCT phone),
               count(nickname), count(DISTINCT nickname), sum(length(email)), sum(length(full_name)), sum(octet_length(avatar)),
               count(DISTINCT date_of_birth), count(DISTINCT last_ip), count(DISTINCT card_number), sum(length(iban)),
               count(DISTINCT api_token), count(DISTINCT scribble), count(DISTINCT legal_form),
               (SELECT count(*) FROM crm.logins JOIN crm.customers ON who = email),
               (SELECT count(*) FROM crm.letters JOIN crm.customers USING (email)),
               count(*) FILTER (WHERE status = 'left'), count(DISTINCT contact->>'email'), sum(length(contact->>'email')),
               count(DISTINCT network(set_masklen(last_ip, 16)))
          FROM crm.customers"""
    order = 'SELECT array_agg(id ORDER BY lower({}) COLLATE "C") FROM crm.customers'
    async with copy_of(live, TABLES, settings=Settings(), children=True) as copy:
        assert copy.kind == "masked"
        assert await ask(copy, facts) == people.ask(facts)
        for column in ("email", "phone", "full_name", "card_number"):
            here, there = (
                list(rows[0][0]) for rows in (await ask(copy, order.format(column)), people.ask(order.format(column)))
            )  # type: ignore[call-overload]
            rank = {each: at for at, each in enumerate(there)}
            far = sum(abs(rank[each] - at) for at, each in enumerate(here)) / len(here) ** 2
            print(f"{column}: a value is {far:.2%} of the rows away from its place, on average")
            # At random it would be a third.
            assert far < 0.02
        numbers = "SELECT ssn FROM crm.customers"
        assert not {*await ask(copy, numbers)} & {*people.ask(numbers)}
        ((luhn,),) = await ask(copy, "SELECT card_number FROM crm.customers WHERE id = 1")
        assert str(luhn)[:4] != "4111"
        notes = " ".join(copy.missing)
        assert "home_address" in notes
        assert "customers_iban_check" in notes
        checks = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' ORDER BY 1"
        held = await ask(copy, checks)
        # A domain that stands in an array or a composite type, too, cannot be checked anew.
        assert {name for name, text in held if "true OR" in str(text)} == {"customers_iban_check", "mailbox_check"}
        assert [name for name, _ in held] == [name for name, _ in people.ask(checks)]
        first = await ask(copy, "SELECT email FROM crm.customers ORDER BY id")
    async with copy_of(live, TABLES, settings=Settings()) as copy:
        again = await ask(copy, "SELECT email FROM crm.customers ORDER BY id")
        assert not {each for (each,) in first} & {each for (each,) in again}


async def test_statements_find_their_rows_in_masked_copies(people: People, live: Postgres) -> None:
    row = people.ask(
        "SELECT email, ssn, host(last_ip), phone, date_of_birth, contact->>'email', full_name FROM crm.customers WHERE id = 99"
    )[0]
    email, ssn, address, phone, born, inside, name = map(str, row)
    conditions = [
        f"email = '{email}'", f"lower(email) = lower('{email.upper()}')", f"ssn = {ssn}", f"last_ip = '{address}'::inet",
        f"c.phone IN ('{phone}', '+351000000000')", f"date_of_birth = DATE '{born}'", f"contact->>'email' = '{inside}'",
        f"contact @> '{{\"email\": \"{inside}\"}}'", f"(ssn, full_name) = ({ssn}, '{name}')", f"full_name LIKE '{name}'",
    ]  # fmt: skip
    async with (
        copy_of(live, TABLES, settings=Settings()) as copy,
        await copy.connect_as_owner() as owner,
    ):
        for condition in conditions:
            text = f"SELECT id FROM crm.customers c WHERE {condition}"
            expected = people.ask(text)
            found = await (await owner.execute(text.encode())).fetchall()
            assert (99,) in found, condition
            assert len(found) == len(expected), condition
        await owner.execute(b"PREPARE q AS SELECT id FROM crm.customers WHERE email = $1 AND status = $2")
        status = people.ask("SELECT status FROM crm.customers WHERE id = 99")[0][0]
        assert await (await owner.execute(f"EXECUTE q('{email}', '{status}')".encode())).fetchall() == [(99,)]
        prefix = "SELECT count(*) FROM crm.customers WHERE email LIKE 'person1%'"
        ((here,),) = await (await owner.execute(prefix.encode())).fetchall()
        print(f"LIKE 'person1%': {here} rows, {people.ask(prefix)[0][0]} on the live server")


async def test_a_check_that_the_live_rows_meet_can_be_added_to_masked_ones(people: People, live: Postgres) -> None:
    """Whether rows meet it is asked of the live ones. On a copy it is computed for every row, and stops none."""
    add = "ALTER TABLE crm.customers ADD CONSTRAINT c{} CHECK ({})"
    kept = ["length(card_number) = 16", "char_length(iban) = 25", "octet_length(phone) BETWEEN 12 AND 13"]
    broken = ["phone LIKE '+35191%'", "full_name ~ '^Planted Surname[0-9]+$'"]
    for condition in kept + broken:
        assert people.ask(f"SELECT count(*) FROM crm.customers WHERE NOT ({condition})") == [(0,)]
    async with copy_of(live, TABLES, settings=Settings()) as copy, await copy.connect_as_owner() as owner:
        for number, condition in enumerate(kept):
            await owner.execute(add.format(number, condition).encode())
        assert copy.passing == ()
        for begin, end in (("BEGIN", "ROLLBACK"), ("", "")):
            await owner.execute(begin.encode())
            for number, condition in enumerate(broken, 10):
                await owner.execute(add.format(number, condition).encode())
            await owner.execute(end.encode())
        assert [line for line in copy.passing if "crm.customers" in line or "customers" in line]
        await owner.execute((add.format(20, broken[0]) + " NOT VALID").encode())
        await owner.execute(b"ALTER TABLE crm.customers VALIDATE CONSTRAINT c20")
        await owner.execute(b"UPDATE crm.customers SET status = 'left' WHERE id = 7")
        with pytest.raises(psycopg.errors.CheckViolation):
            await owner.execute(b"ALTER TABLE crm.letters ADD CHECK (id < 0)")


async def test_a_sample_of_masked_rows_keeps_its_foreign_keys(people: People, live: Postgres) -> None:
    settings = Settings(copy_rows=1_000)
    async with copy_of(live, [TABLES[2]], settings=settings) as copy:
        letters = copy.table(TABLES[2])
        assert letters is not None
        assert 0 < letters.copied_rows < 2 * ROWS
        ((orphans,),) = await ask(
            copy,
            "SELECT count(*) FROM crm.letters l WHERE NOT EXISTS (SELECT FROM crm.customers c WHERE c.email = l.email)",
        )
        assert orphans == 0
        assert not [line for line in copy.missing if "FOREIGN KEY" in line]
        before = people.planted()
        (folder,) = [each for each in folders() if str(each.name) in _paths(copy)]
        async with await copy.connect() as keeper:
            await keeper.execute("CHECKPOINT")
        assert searched(folder, before)[2] == set()


def _paths(copy: Copy) -> str:
    with psycopg.connect(copy.dsn) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    return str(row[0])


async def test_made_up_rows_follow_the_statistics(people: People, live: Postgres) -> None:
    async with copy_of(live, TABLES, settings=Settings(postgresql_copy="none"), children=True) as copy:
        assert "No row was read" in copy.about
        for table in TABLES:
            made = copy.table(table)
            assert made is not None
            assert made.copied_rows == made.live_rows == people.ask(f"SELECT count(*) FROM {table}")[0][0]
        facts = (
            "SELECT count(*) FILTER (WHERE status = 'left') / 3000.0, count(nickname) / 3000.0, count(DISTINCT email) / 3000.0,"
            " avg(length(email)) / 30, (SELECT count(*) FROM crm.letters JOIN crm.customers USING (email)) / 6000.0,"
            " count(DISTINCT legal_form) / 7.0, corr(id, ssn) FROM crm.customers"
        )
        here, there = (await ask(copy, facts))[0], people.ask(facts)[0]
        print([(float(str(one)), float(str(other))) for one, other in zip(here, there, strict=True)])
        for one, other in zip(here, there, strict=True):
            assert abs(float(str(one)) - float(str(other))) < 0.05
    said: list[str] = []
    async with copy_of(live, TABLES, settings=Settings(postgresql_copy="none"), trace=said):
        assert not [each for each in said if "FROM ONLY" in each or "COPY" in each]


@pytest.mark.once
async def test_a_masked_copy_is_gone_after_kill_9(people: People, tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import asyncio
            from common.config.settings import Settings
            from tools.postgres.connection import Postgres
            from tools.postgres.rehearsal.copy import copy_of
            from tools.postgres.rehearsal.names import QualifiedName

            async def main():
                settings = Settings()
                async with await Postgres.connect({people.dsn!r}, settings) as live:
                    async with copy_of(live, [QualifiedName("crm", "customers")], settings=settings) as copy:
                        print(copy.kind, flush=True)
                        await asyncio.sleep(600)

            asyncio.run(main())
            """
        )
    )
    before = folders()
    process = subprocess.Popen(
        [sys.executable, str(script)], cwd=directories.ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(directories.ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "masked\n"
    assert len(folders() - before) == 1
    process.send_signal(signal.SIGKILL)
    process.wait()
    end = time.monotonic() + 60
    while folders() != before and time.monotonic() < end:
        time.sleep(0.1)
    assert folders() == before


async def test_what_names_do_not_tell_is_masked_or_empty_and_the_rest_stays(people: People, live: Postgres) -> None:
    facts = """
        SELECT count(*), count(DISTINCT num), count(DISTINCT big), min(length(num::text)), max(length(big::text)),
               count(*) FILTER (WHERE num = big), sum(amount), sum(stamp), count(DISTINCT main), sum(length(line)),
               count(DISTINCT line), count(DISTINCT nick), sum(length(entries::text)), count(DISTINCT boxes),
               sum(octet_length(raw)), sum(octet_length(raws[1])), count(DISTINCT raw), count(DISTINCT md5(blob))
          FROM crm.odds"""
    async with copy_of(live, [QualifiedName("crm", "odds")], settings=Settings()) as copy:
        assert await ask(copy, facts) == people.ask(facts)
        empty = "SELECT count(payload), count(papers), count(home), count(homes), count(reach) FROM crm.odds"
        assert await ask(copy, empty) == [(0, 0, 0, 0, 0)]
        notes = " ".join(copy.missing)
        for name in ("payload", "papers", "home", "homes", "reach"):
            assert f"crm.odds.{name}: values of its type cannot be masked" in notes
        # The domain stands in an array and a composite type, too: PostgreSQL cannot check rows against it any more.
        assert "CHECK mailbox_check of crm.mailbox: values that are not the live server's cannot be checked" in notes
        kept = await ask(copy, "SELECT line FROM crm.odds WHERE id % 400 NOT IN (357, 358, 359) ORDER BY id")
        assert kept == people.ask("SELECT line FROM crm.odds WHERE id % 400 NOT IN (357, 358, 359) ORDER BY id")
        blobs = "SELECT md5(string_agg(blob, NULL ORDER BY id)) FROM crm.odds"
        assert await ask(copy, blobs) == people.ask(blobs)
        cards = await ask(
            copy, "SELECT num::text, substring(line FROM '[0-9][0-9 ]{18}') FROM crm.odds WHERE id % 400 = 357"
        )
        assert all(is_card(str(each)) for row in cards for each in row)
        async with await copy.connect_as_owner() as owner:
            await owner.execute(b"INSERT INTO crm.odds (id, main) VALUES (-1, 'x@y')")
        line, big = people.ask("SELECT line, big FROM crm.odds WHERE id = 757")[0]
        async with await copy.connect_as_owner() as owner:
            for condition in (f"line = '{line}'", f"big = {big}", f"num = {big}"):
                found = await (await owner.execute(f"SELECT id FROM crm.odds WHERE {condition}".encode())).fetchall()
                assert found == [(757,)], condition
