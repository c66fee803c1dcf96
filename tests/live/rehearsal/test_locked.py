"""A lock on the live server that keeps the rehearsal from reading: who holds it is said, and what to do."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import typer

from agents.commands.rehearse import rehearse
from common.config.settings import Settings
from common.engines.copies import open_copy
from common.errors import Locked
from tests.live.rehearsal.conftest import Shop
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.holders import with_holder
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.schema import definitions_of
from tools.postgres.rehearsal.scope import scope_of

ORDERS = QualifiedName("shop", "orders")


@contextmanager
def locked(dsn: str, table: str = "shop.orders") -> Iterator[int]:
    """Its process id."""
    with psycopg.connect(dsn, application_name="somebody") as holder:
        holder.execute(f"LOCK TABLE {table}".encode())
        yield holder.info.backend_pid


def said(shop: Shop, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command answers about a migration of orders; it ends with exit code 1, in one line."""
    (folder / "up.sql").write_text("ALTER TABLE shop.orders ADD COLUMN x int")
    with pytest.raises(typer.Exit) as ended:
        rehearse(shop.dsn, str(folder / "up.sql"), "", "", "", as_json=False, verbose=False)
    assert ended.value.exit_code == 1
    (line,) = [each for each in capsys.readouterr().err.splitlines() if each.startswith("error: ")]
    return line


def test_who_holds_the_lock_is_named(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with locked(shop.database.dsn) as holder:
        time.sleep(0.2)
        hidden = said(shop, tmp_path, capsys)
        shop.database.execute(f"GRANT pg_read_all_stats TO {shop.looker}")
        try:
            line = said(shop, tmp_path, capsys)
        finally:
            shop.database.execute(f"REVOKE pg_read_all_stats FROM {shop.looker}")
    start = "error: Waiting for a lock on shop.orders took longer than 0.5 s and was stopped."
    who = f"Process {holder} (role postgres, somebody) holds AccessExclusiveLock"
    assert line.startswith(f"{start} {who}, for ")
    assert "it is idle in its transaction and waits for its client to go on" in line
    assert f"SELECT pg_terminate_backend({holder});" in line
    assert line.endswith("Nothing was changed on the live server.")
    # The role may not see for how long: that is said, and what would show it.
    assert hidden.startswith(f"{start} Process {holder} (role postgres")
    assert "pg_read_all_stats" in hidden


def test_a_table_that_only_hangs_on_the_migration(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with locked(shop.database.dsn, "shop.items") as holder:
        line = said(shop, tmp_path, capsys)
    assert "a lock on shop.items took longer" in line
    assert f"Process {holder} " in line


def test_a_queue_behind_a_reader(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with psycopg.connect(shop.database.dsn) as reader, psycopg.connect(shop.database.dsn) as waiter:
        pids = reader.info.backend_pid, waiter.info.backend_pid
        reader.execute("SELECT FROM shop.orders LIMIT 1")
        asking = threading.Thread(target=lambda: waiter.execute("LOCK TABLE shop.orders"))
        asking.start()
        try:
            line = said(shop, tmp_path, capsys)
        finally:
            reader.rollback()
            asking.join()
    assert f"Process {pids[1]} (role postgres" in line
    assert f"waits for AccessExclusiveLock, behind process {pids[0]}" in line
    assert f"pg_cancel_backend({pids[1]})" in line


async def test_what_pg_dump_waits_for(shop: Shop, live: Postgres) -> None:
    scope = await scope_of(live, [ORDERS], children=False, writes=True, trace=[])
    with locked(shop.database.dsn), pytest.raises(Locked, match="Waiting for a lock took longer than 2 s") as ended:
        await definitions_of(live, scope, limit_s=20, statistics=False)
    assert "free again by now" in str(await with_holder(live, ended.value, [ORDERS], []))


@pytest.mark.once
async def test_a_holder_that_waits_itself_and_one_that_nobody_runs() -> None:
    use, cluster = open_copy(18, {"max_prepared_transactions": "2"})
    error = Locked(what="Waiting for a lock", seconds=1, next="")
    try:
        async with await Postgres.connect(cluster.dsn, Settings()) as live:
            with psycopg.connect(cluster.dsn) as one, psycopg.connect(cluster.dsn) as other:
                one.execute("CREATE TABLE a (id int); CREATE TABLE b (id int)")
                one.commit()
                one.execute("LOCK TABLE a")
                other.execute("LOCK TABLE b IN SHARE MODE")
                asking = threading.Thread(target=lambda: one.execute("LOCK TABLE b IN ROW EXCLUSIVE MODE"))
                asking.start()
                time.sleep(0.3)
                text = str(await with_holder(live, error, [QualifiedName("public", "a")], []))
                assert "a lock on public.a took" in text
                assert f"it waits itself, for process {other.info.backend_pid}." in text
                other.rollback()
                asking.join()
                one.rollback()
                one.execute("LOCK TABLE a; PREPARE TRANSACTION 'it''s'")
                one.commit()
            text = str(await with_holder(live, error, [], []))
            assert "A prepared transaction, 'it''s', holds AccessExclusiveLock, for " in text
            assert "ROLLBACK PREPARED 'it''s';" in text
    finally:
        use.leave()
