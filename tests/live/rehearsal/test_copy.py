"""A copy holds what a change needs, agrees with itself, and leaves the live server as it was."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from common import directories
from common.config.settings import Settings
from common.errors import DiskFull, Refused, UnknownObject
from tests.live.rehearsal.conftest import Shop
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal import copy as copying
from tools.postgres.rehearsal.copy import Copy, copy_of
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rows import Focus
from tools.postgres.rehearsal.snapshot import differences, snapshot

ORDERS = QualifiedName("shop", "orders")


async def ask(copy: Copy, statement: str) -> object:
    connection = await copy.connect()
    async with connection:
        row = await (await connection.execute(statement.encode())).fetchone()
        assert row is not None
        return row[0]


async def test_small_tables_come_whole_with_all_that_describes_them(shop: Shop, live: Postgres) -> None:
    before = await shop.state()
    tables = [ORDERS, QualifiedName("shop", "colour"), QualifiedName("shop", "events")]
    async with copy_of(
        live, tables, settings=Settings(copy_rows=50_000, postgresql_copy="rows"), children=True
    ) as copy:
        assert not copy.missing
        assert copy.same_version
        connection = await copy.connect()
        async with connection:
            there = await snapshot(connection)
        assert [line for line in differences(before, there) if "schema public" not in line] == []
        roles = "SELECT string_agg(rolname, ',') FROM pg_roles WHERE rolsuper AND rolname !~ '^dbcrew_'"
        assert await ask(copy, roles) is None
    assert differences(before, await shop.state()) == []


async def test_a_sample_agrees_with_every_foreign_key_and_keeps_the_hot_key(live: Postgres, settings: Settings) -> None:
    focus = [Focus(ORDERS, "user_id", 42)]
    checksum = "SELECT md5(string_agg(id::text, ',' ORDER BY id)) FROM shop.orders WHERE user_id <> 42"
    async with copy_of(live, [ORDERS], settings=settings, children=True, focus=focus) as copy:
        orders = copy.table(ORDERS)
        assert orders is not None
        assert not orders.whole
        assert orders.live_rows == 30_000
        async with live.session() as session:
            hot = await session.value("SELECT count(*) FROM shop.orders WHERE user_id = 42")
        assert await ask(copy, "SELECT count(*) FROM shop.orders WHERE user_id = 42") == hot
        assert await ask(copy, "SELECT count(*) FROM shop.orders") == orders.copied_rows
        assert await ask(copy, "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated") == 3
        assert await ask(copy, "SELECT count(*) FROM shop.items") == 2000
        # As on the live server, the other users' orders are spread evenly.
        assert 1000 < int(str(await ask(copy, "SELECT count(DISTINCT user_id) FROM shop.orders"))) <= 3000
        first = await ask(copy, checksum)
    async with copy_of(live, [ORDERS], settings=settings, children=True, focus=focus) as copy:
        assert await ask(copy, checksum) == first


async def test_a_copy_for_reading_holds_the_tables_read_and_no_more(live: Postgres, settings: Settings) -> None:
    async with copy_of(live, [ORDERS], settings=settings, whole_up_to=50_000, writes=False) as copy:
        assert not copy.missing
        assert [str(each.name) for each in copy.tables] == ["shop.orders"]
        assert await ask(copy, "SELECT count(*) FROM shop.orders") == 30_000
        assert await ask(copy, "SELECT count(*) FROM pg_indexes WHERE schemaname = 'shop'") == 2


async def test_a_table_that_may_not_be_read_is_refused_with_the_grant(
    shop: Shop, live: Postgres, settings: Settings
) -> None:
    with pytest.raises(UnknownObject, match="nothere"):
        async with copy_of(live, [QualifiedName("shop", "nothere")], settings=settings):
            pass
    shop.database.execute("CREATE SCHEMA dark; CREATE TABLE dark.t (id int)")
    try:
        with pytest.raises(Refused, match=r"GRANT USAGE ON SCHEMA .*dark.*GRANT SELECT ON dark\.t TO "):
            async with copy_of(live, [QualifiedName("dark", "t")], settings=settings):
                pass
    finally:
        shop.database.execute("DROP SCHEMA dark CASCADE")


@pytest.mark.once
async def test_a_disk_with_no_room_is_named_before_anything_starts(
    live: Postgres, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = leftovers()
    monkeypatch.setattr(copying, "_SPARE_BYTES", 10**16)
    with pytest.raises(DiskFull, match="making a copy"):
        async with copy_of(live, [ORDERS], settings=settings):
            pass
    assert leftovers() == before


@pytest.mark.once
async def test_killed_in_mid_rehearsal_leaves_nothing(shop: Shop, tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import asyncio, sys
            from common.config.settings import Settings
            from tools.postgres.connection import Postgres
            from tools.postgres.rehearsal.copy import copy_of
            from tools.postgres.rehearsal.names import QualifiedName

            async def main():
                settings = Settings()
                async with await Postgres.connect({shop.dsn!r}, settings) as live:
                    async with copy_of(live, [QualifiedName("shop", "orders")], settings=settings):
                        print("up", flush=True)
                        await asyncio.sleep(600)

            asyncio.run(main())
            """
        )
    )
    before = leftovers()
    process = subprocess.Popen(
        [sys.executable, str(script)], cwd=directories.ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(directories.ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    assert len(leftovers()) == len(before) + 1
    process.send_signal(signal.SIGKILL)
    process.wait()
    end = time.monotonic() + 30
    while leftovers() != before and time.monotonic() < end:
        time.sleep(0.1)
    assert leftovers() == before


def leftovers() -> list[str]:
    """The folders of the copies that are there."""
    return sorted(path.name for path in (directories.engines() / "copies").glob("*") if path.is_dir())
