"""What the administrator is asked about a live server: answered with figures, or with what an answer would need."""

import asyncio
import contextlib
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from agents.doors.command import Answer, answer, ask
from agents.office import team
from common.config.settings import Settings, settings
from common.engines.account import account
from common.engines.files import free_port
from tests.live.drills.conftest import PASSWORD, Primary, primary  # noqa: F401
from tools.postgres.grant import grant


@pytest.fixture
def asked(primary: Primary, new_database, postgres18, monkeypatch):  # noqa: F811
    """`asked(text)`: the answer of the team about the primary, `**variables` in its environment."""
    monkeypatch.setenv("DBCREW_STATE_DSN", new_database(postgres18).dsn)

    def consult(text: str, dsn: str = "", **variables: str) -> Answer:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()

        async def work():
            async with team(dsn or primary.reader, lambda line: None) as crew:
                return await answer(await ask(text, "", crew), crew)

        said = asyncio.run(work())
        assert "withheld" not in said.markdown, said.markdown
        print(f"\n----- {text}\n{said.markdown[:1500]}", file=sys.stderr)
        return said

    yield consult
    settings.cache_clear()


def records(said: Answer, tool: str) -> list[dict]:
    return [one for one in said.json["evidence"] if one["tool"] == tool]


def test_is_my_backup_good(asked, primary: Primary) -> None:  # noqa: F811
    said = asked("is my backup good?")
    assert said.json["status"] == "partial"
    assert "DBCREW_BACKUP" in said.markdown
    dump = primary.dump("asked.dump", "--format=custom")
    said = asked(f"is my backup {dump} any good?")
    assert (said.json["status"], said.exit_code) == ("done", 0)
    (record,) = records(said, "restore_drill")
    assert record["data"]["rows_restored"] == 32010
    assert "32,010 rows" in said.markdown
    cut = primary.home / "asked-cut.dump"
    cut.write_bytes(dump.read_bytes()[:100_000])
    said = asked("is our backup good?", DBCREW_BACKUP=str(cut))
    assert said.exit_code == 1
    assert [one["code"] for one in said.json["findings"]] == ["backup-not-restorable"]


def test_a_backup_of_a_server_that_archives_nothing(asked, database, tmp_path) -> None:
    database.execute("CREATE TABLE notes AS SELECT n FROM generate_series(1, 100) AS n")
    reader = asyncio.run(grant(database.dsn, Settings(), role=f"reader_{database.name}", apply=True)).dsn
    off = "The live server archives no WAL (`archive_mode` is off)"
    said = asked("is my backup good?", reader)
    assert off in said.markdown
    assert "archiving-off" in [one["code"] for one in said.json["findings"]]
    dump = tmp_path / "notes.sql"
    dump.write_text(
        "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE public.notes (n int);\n"
        "INSERT INTO public.notes SELECT generate_series(1, 100);\n--\n-- PostgreSQL database dump complete\n--\n"
    )
    said = asked(f"is my backup {dump} good?", reader)
    assert said.json["status"] == "done"
    assert "Yes: restored in" in said.markdown
    assert off in said.markdown


def test_what_would_pitr_give_me(asked, primary: Primary) -> None:  # noqa: F811
    said = asked("what would PITR give me?")
    assert "DBCREW_WAL_ARCHIVE" in said.markdown
    base = primary.base("asked-base")
    primary.run("INSERT INTO shop.orders (customer_id, total) VALUES (1, 1)")
    segment = primary.archived()
    said = asked("what would PITR give us now?", DBCREW_BACKUP=str(base), DBCREW_WAL_ARCHIVE=str(primary.archive))
    assert said.json["status"] == "done"
    (record,) = records(said, "pitr_drill")
    assert record["data"]["reached"]
    assert "RTO, measured" in said.markdown
    broken = primary.home / "asked-wal"
    shutil.copytree(primary.archive, broken)
    (broken / segment).write_bytes(b"")
    said = asked("and with that archive, what is our RPO?", DBCREW_WAL_ARCHIVE=str(broken))
    assert ("archive-broken", segment) in {(one["code"], one["object"]) for one in said.json["findings"]}
    assert segment in said.markdown


@pytest.fixture
def standby(primary: Primary) -> Iterator[str]:  # noqa: F811
    """The DSN of a reader on a standby that streams through a slot."""
    home = primary.home / "standby"
    home.mkdir()
    owner, install, port = account(), primary.cluster.install, free_port()
    owner.own(home)
    known = conninfo_to_dict(primary.cluster.dsn)
    source = f"host=127.0.0.1 port={known['port']} user=postgres password='{known['password']}' application_name=second"
    data = home / "data"
    ctl = [install.program("pg_ctl"), "-D", data, "-w", "-s"]
    try:
        made = owner.run(
            [install.program("pg_basebackup"), "-D", data, "-R", "-C", "-S", "second", "-c", "fast", "-d", source],
            install.environment,
        )
        assert made.returncode == 0, made.stderr
        conf = home / "server.conf"
        lines = (primary.cluster.folder / "server.conf").read_text()
        conf.write_text(f"{lines}port = {port}\narchive_mode = off\n")
        conf.chmod(0o644)
        started = owner.run([*ctl, "-l", home / "log", "-o", f"-c config_file={conf}", "start"], install.environment)
        assert started.returncode == 0, started.stderr
        for _ in range(200):
            if primary.value("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == 1:
                break
            time.sleep(0.05)
        yield make_conninfo(primary.reader, port=port)
    finally:
        owner.run([*ctl, "-m", "immediate", "stop"], install.environment)
        for _ in range(200):
            if not primary.value("SELECT count(*) FROM pg_stat_replication"):
                break
            time.sleep(0.05)
        primary.run("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active")
        shutil.rmtree(home, ignore_errors=True)


def test_is_replication_healthy(asked, primary: Primary, standby: str) -> None:  # noqa: F811
    said = asked("is replication healthy?")
    (record,) = records(said, "replication")
    assert record["data"]["streaming"] == 1
    assert [one["active"] for one in record["data"]["slots"]] == [True]
    assert "asynchronous" in said.markdown
    there = asked("is replication healthy, seen from there?", dsn=standby)
    (record,) = records(there, "replication")
    assert record["data"]["standby"]
    assert record["data"]["connected"]
    with psycopg.connect(make_conninfo(primary.cluster.dsn, port=conninfo_to_dict(standby)["port"])) as connection:
        connection.autocommit = True
        connection.execute("SELECT pg_wal_replay_pause()")
        primary.run("CREATE TABLE shop.heavy (a text)")
        primary.run("ALTER TABLE shop.heavy ALTER a SET STORAGE EXTERNAL")
        primary.run("INSERT INTO shop.heavy SELECT repeat('x', 1000000) FROM generate_series(1, 80)")
        try:
            said = asked("is replication healthy now?")
            assert ("replication-lag", "second") in {(one["code"], one["object"]) for one in said.json["findings"]}
            (record,) = records(said, "replication")
            assert record["data"]["worst_lag_bytes"] > 64 << 20
        finally:
            primary.run("DROP TABLE shop.heavy")
            connection.execute("SELECT pg_wal_replay_resume()")


def test_there_is_no_replication(asked) -> None:
    said = asked("is replication healthy?")
    assert "no standby is connected" in said.markdown
    assert said.json["status"] == "done"


@pytest.fixture
def pgbouncer(primary: Primary) -> Iterator[tuple[str, str]]:  # noqa: F811
    """PgBouncer before the primary, two connections a pool: DSN of its console, DSN through it."""
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
    assert program, "apt-get install pgbouncer"
    home, port, owner = primary.home / "pgbouncer", free_port(), account()
    home.mkdir()
    owner.own(home)
    known = conninfo_to_dict(primary.cluster.dsn)
    (home / "users.txt").write_text(f'"drill_reader" "{PASSWORD}"\n')
    (home / "pgbouncer.ini").write_text(
        f"""[databases]
shop = host=127.0.0.1 port={known["port"]} dbname=shop
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {home / "users.txt"}
stats_users = drill_reader
pool_mode = transaction
default_pool_size = 2
logfile = {home / "log"}
stats_period = 1
"""
    )
    for file in home.iterdir():
        owner.own(file)
    command = [program, "-q", str(home / "pgbouncer.ini")]
    other = {"user": owner.uid, "group": owner.gid, "extra_groups": []} if owner.uid != 0 else {}
    running = subprocess.Popen(command, cwd="/", **other)
    try:
        through = make_conninfo(host="127.0.0.1", port=port, user="drill_reader", password=PASSWORD, dbname="shop")
        for _ in range(100):
            try:
                psycopg.connect(through).close()
                break
            except psycopg.OperationalError:
                time.sleep(0.05)
        yield make_conninfo(through, dbname="pgbouncer"), through
    finally:
        running.terminate()
        running.wait(10)
        shutil.rmtree(home, ignore_errors=True)


def test_is_the_pooler_sized_right(asked, primary: Primary, pgbouncer: tuple[str, str]) -> None:  # noqa: F811
    console, through = pgbouncer
    said = asked("is the pooler sized right?")
    assert said.json["status"] == "partial"
    assert "DBCREW_POOLER_DSN" in said.markdown
    said = asked("is the pooler sized right, then?", DBCREW_POOLER_DSN=console)
    assert said.json["status"] == "done"
    (record,) = records(said, "pooling")
    assert record["data"]["config"]["default_pool_size"] == "2"
    assert [(one["database"], one["size"]) for one in record["data"]["pools"]] == [("shop", 2)]
    assert said.markdown.count("pool-too-small") == 0
    held = [psycopg.connect(through) for _ in range(5)]
    # In transaction mode a second session may get the first one's server: nothing may be prepared or reset there.
    for one in held:
        one.autocommit, one.prepare_threshold = True, None
    threads = [threading.Thread(target=_wait, args=(one,)) for one in held]
    for thread in threads:
        thread.start()
    try:
        time.sleep(1.5)
        said = asked("is the pooler sized right for this?", DBCREW_POOLER_DSN=console)
        (record,) = records(said, "pooling")
        assert record["data"]["clients_waiting"] >= 1
        assert "pool-too-small" in {one["code"] for one in said.json["findings"]}
    finally:
        while any(thread.is_alive() for thread in threads):
            primary.run("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'")
            time.sleep(0.05)
        for one in held:
            one.close()


def _wait(connection: psycopg.Connection) -> None:
    with contextlib.suppress(psycopg.errors.QueryCanceled):
        connection.execute("SELECT pg_sleep(60)")


def test_a_pooler_that_does_not_answer(asked) -> None:
    said = asked("is pgbouncer sized right?", DBCREW_POOLER_DSN="postgresql://stats@127.0.0.1:1/pgbouncer")
    assert "PgBouncer" in said.markdown
    assert "Traceback" not in said.markdown


def test_when_does_it_run_out(asked, primary: Primary) -> None:  # noqa: F811
    primary.run(
        """
        CREATE TABLE shop.events (id int PRIMARY KEY, created_at timestamptz NOT NULL);
        CREATE INDEX ON shop.events (created_at);
        INSERT INTO shop.events SELECT 2100000000 + n * 1000, now() - (6000 - n) * interval '1 minute'
          FROM generate_series(1, 6000) AS n;
        CREATE TABLE shop.quiet (id smallint PRIMARY KEY);
        INSERT INTO shop.quiet VALUES (30000);
        ANALYZE shop.events; ANALYZE shop.quiet;
        GRANT SELECT ON shop.events, shop.quiet TO drill_reader;
        """
    )
    try:
        said = asked("when do the keys of shop.events run out?")
        (record,) = records(said, "capacity")
        first = record["data"]["ranges"][0]
        assert first["object"] == "shop.events.id"
        # A thousand a minute, and 41 million left: a good 28 days.
        assert first["per_day"] == pytest.approx(1000 * 1440, rel=0.01)
        assert first["left_s"] == pytest.approx((2147483647 - 2106000000) / 1000 * 60, rel=0.02)
        assert ("int4-key-near-limit", "high") in {(one["code"], one["severity"]) for one in said.json["findings"]}
        said = asked("when does this disk fill up?")
        assert "df on the database host" in said.markdown
        (record,) = records(said, "capacity")
        quiet = next(one for one in record["data"]["ranges"] if one["object"] == "shop.quiet.id")
        assert quiet["left_s"] is None
    finally:
        primary.run("DROP TABLE shop.events, shop.quiet")
