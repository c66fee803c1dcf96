"""Settings, counters and standbys: what concerns a whole server."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from common.engines.account import account
from common.engines.copies import open_copy
from common.engines.files import free_port
from tests.live.health.conftest import PASSWORD, READER, Look, Server, told


def settle(server: Server, **settings: str | None) -> None:
    """ALTER SYSTEM, reload, and wait until it is in force; None resets."""
    for name, value in settings.items():
        change = f"SET {name} = '{value}'" if value is not None else f"RESET {name}"
        server.run("postgres", f"ALTER SYSTEM {change}; SELECT pg_reload_conf(); SELECT pg_sleep(0.3);")


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("autovacuum", "off", ("autovacuum-disabled", "autovacuum")),
        ("track_counts", "off", ("autovacuum-disabled", "track_counts")),
        ("synchronous_commit", "off", ("durability-off", "synchronous_commit")),
        ("work_mem", "64MB", ("work-mem-risk", "work_mem")),
        ("synchronous_standby_names", "nobody", ("replica-disconnected", "synchronous_standby_names")),
    ],
)
async def test_a_setting(
    setting: str, value: str, expected: tuple[str, str], server: Server, database: str, look: Look
) -> None:
    if setting == "synchronous_standby_names":
        server.run("postgres", f"ALTER DATABASE {database} SET synchronous_commit = 'on'")
    try:
        settle(server, **{setting: value})
        assert told(await look(server.reader(database))) == {expected}
    finally:
        with psycopg.connect(server.cluster.dsn, autocommit=True) as connection:
            connection.execute("SET synchronous_commit = local")
            connection.execute(f"ALTER SYSTEM RESET {setting}".encode())
            connection.execute("SELECT pg_reload_conf(), pg_sleep(0.3)")
    assert told(await look(server.reader(database))) == set()


async def test_the_timeout_is_set(server: Server, database: str, look: Look) -> None:
    """A slot makes it a server in service, of which a limit is asked; set for the database, that is enough."""
    asked = {"codes": ["no-statement-timeout"]}
    server.run(database, "SELECT pg_create_physical_replication_slot('in_service')")
    try:
        assert told(await look(server.reader(database), **asked)) == {("no-statement-timeout", "statement_timeout")}
        # Pages of PostgreSQL 18 carry checksums unless one says otherwise.
        weak = await look(server.reader(database), codes=["checksums-off"])
        assert [each.severity.value for each in weak.findings] == (["low"] if server.major < 18 else [])
        server.run("postgres", f"ALTER DATABASE {database} SET statement_timeout = '60s'")
        assert told(await look(server.reader(database), **asked)) == set()
    finally:
        server.run(database, "SELECT pg_drop_replication_slot('in_service')")


async def test_fsync_off_is_critical(server: Server, database: str, look: Look) -> None:
    health = await look(server.reader(database), codes=["durability-off"])
    assert {(each.object, each.severity.value) for each in health.findings} == {
        ("fsync", "critical"),
        ("full_page_writes", "critical"),
    }


async def test_the_statements_view(server: Server, database: str, look: Look) -> None:
    asked = {"codes": ["statements-view-missing"]}
    assert not (await look(server.reader(database), **asked)).findings
    server.run(database, "DROP EXTENSION pg_stat_statements")
    [finding] = (await look(server.reader(database), **asked)).findings
    assert finding.severity.value == "info"
    assert finding.remedy == "CREATE EXTENSION IF NOT EXISTS pg_stat_statements;"


async def test_a_load_is_no_workload(server: Server, database: str, look: Look) -> None:
    asked = {"codes": ["low-cache-hit", "temp-files-heavy"]}
    server.run(
        database,
        "CREATE SCHEMA s; CREATE TABLE s.t (id int PRIMARY KEY, a text);"
        "INSERT INTO s.t SELECT n, repeat('x', 1000) FROM generate_series(1, 100) AS n; VACUUM (ANALYZE) s.t;",
    )
    assert told(await look(server.reader(database), **asked)) == set()


@dataclass(frozen=True)
class Pair:
    """A server and a standby that streams from it."""

    primary: Server
    port: int

    @property
    def standby(self) -> str:
        """The superuser's DSN of the standby."""
        return make_conninfo(self.primary.cluster.dsn, port=self.port)

    @property
    def reader(self) -> str:
        return make_conninfo(self.standby, user=READER, password=PASSWORD)

    def on_standby(self, statement: str) -> None:
        with psycopg.connect(self.standby, autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture
def pair(server: Server, build_data: Path) -> Iterator[Pair]:
    home = build_data / f"standby-{server.major}"
    home.mkdir(mode=0o755)
    owner, install = account(), server.cluster.install
    owner.own(home)
    data, port = home / "data", free_port()
    server.run("postgres", f"CREATE ROLE streams REPLICATION LOGIN PASSWORD '{PASSWORD}';")
    source = f"host=127.0.0.1 port={server.cluster.port} user=streams password='{PASSWORD}' application_name=second"
    ctl = [install.program("pg_ctl"), "-D", data, "-w", "-s"]
    try:
        made = owner.run(
            [install.program("pg_basebackup"), "-D", data, "-R", "-c", "fast", "-d", source], install.environment
        )
        assert made.returncode == 0, made.stderr
        conf = home / "server.conf"
        conf.write_text((server.cluster.folder / "server.conf").read_text() + f"port = {port}\n")
        conf.chmod(0o644)
        started = owner.run([*ctl, "-l", home / "log", "-o", f"-c config_file={conf}", "start"], install.environment)
        assert started.returncode == 0, started.stderr
        made_pair = Pair(server, port)
        assert eventually(server.cluster.dsn, "SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'")
        yield made_pair
    finally:
        owner.run([*ctl, "-m", "immediate", "stop"], install.environment)
        server.run("postgres", "DROP TABLE IF EXISTS lag; DROP ROLE IF EXISTS streams")
        shutil.rmtree(home, ignore_errors=True)


def eventually(dsn: str, question: str) -> bool:
    """Whether the answer becomes true within some seconds."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for _ in range(400):
            row = connection.execute(question.encode()).fetchone()
            if row and row[0]:
                return True
            time.sleep(0.05)
    return False


async def test_a_standby(pair: Pair, database: str, look: Look) -> None:
    primary = pair.primary.reader(database)
    # A server with a standby is one that somebody would miss, and good practice is asked of it.
    practice = {("archiving-off", "archive_mode"), ("no-statement-timeout", "statement_timeout")}
    assert told(await look(primary)) == practice
    assert told(await look(pair.reader)) == {
        ("no-statement-timeout", "statement_timeout"),
        ("statements-view-missing", "pg_stat_statements"),
    }

    pair.primary.run(database, "CREATE TABLE money (id int PRIMARY KEY, amount numeric)")
    money = {("no-synchronous-standby", "synchronous_standby_names"), ("audit-log-missing", "log_statement")}
    assert told(await look(primary)) == practice | money

    pair.on_standby("SELECT pg_wal_replay_pause()")
    pair.primary.run("postgres", "CREATE TABLE lag (a text); ALTER TABLE lag ALTER a SET STORAGE EXTERNAL;")
    pair.primary.run("postgres", "INSERT INTO lag SELECT repeat('x', 1000000) FROM generate_series(1, 80)")
    assert eventually(
        pair.standby, "SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) > 67108864"
    )
    asked = {"codes": ["replication-lag", "replica-disconnected"]}
    assert told(await look(primary, **asked)) == {("replication-lag", "second")}
    assert told(await look(pair.reader, **asked)) == {("replication-lag", "postgres")}
    pair.on_standby("SELECT pg_wal_replay_resume()")
    assert eventually(pair.standby, "SELECT pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()")

    pair.on_standby("ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=1 user=nobody'")
    pair.on_standby("SELECT pg_reload_conf()")
    assert eventually(
        pair.standby, "SELECT NOT EXISTS (SELECT FROM pg_stat_get_wal_receiver() AS w WHERE w.pid IS NOT NULL)"
    )
    assert ("replica-disconnected", "primary_conninfo") in told(await look(pair.reader, **asked))


@pytest.mark.parametrize(
    ("command", "expected"), [("false", {("archiving-failing", "archive_command")}), ("true", set())]
)
async def test_the_archive(command: str, expected: set[tuple[str, str]], build_data: Path, look: Look) -> None:
    use, cluster = open_copy(
        18,
        {
            "wal_level": "replica",
            "max_wal_senders": "2",
            "archive_mode": "on",
            "archive_command": command,
            "synchronous_commit": "on",
        },
    )
    try:
        server = Server(cluster, 18)
        server.run("postgres", f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'; GRANT pg_monitor TO {READER};")
        server.run("postgres", "SELECT pg_switch_wal()")
        column = "failed_count" if command == "false" else "archived_count"
        assert eventually(cluster.dsn, f"SELECT {column} > 0 FROM pg_stat_archiver")
        asked = {"codes": ["archiving-off", "archiving-failing"]}
        assert told(await look(server.reader("postgres"), **asked)) == expected
        if command == "true":  # WAL was archived, so somebody would miss this server
            backup = {"codes": ["no-recent-base-backup"]}
            assert told(await look(server.reader("postgres"), **backup)) == {("no-recent-base-backup", "postgres")}
            with psycopg.connect(cluster.dsn, autocommit=True) as connection:
                connection.execute("SELECT pg_backup_start('one', true)")
                connection.execute("SELECT pg_backup_stop(false)")
            assert told(await look(server.reader("postgres"), **backup)) == set()
    finally:
        use.leave()


@pytest.mark.parametrize("major", [18, 15])
async def test_numbers_that_run_out(major: int, postgres15: object, look: Look) -> None:
    """A server whose counters are set forward, as pg_resetwal can; nothing else is as old as they then say."""
    late = {"autovacuum_freeze_max_age": "2000000000", "autovacuum_multixact_freeze_max_age": "2000000000"}
    use, cluster = open_copy(major, late)
    asked = {"codes": ["xid-wraparound", "multixact-wraparound"]}
    names = ("template1", "template0", "postgres")
    try:
        server = Server(cluster, major)
        server.run(
            "postgres", f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'; GRANT pg_monitor TO {READER}; CHECKPOINT"
        )
        assert told(await look(server.reader("postgres"), **asked)) == set()
        cluster.stop()
        number, owner = 1_700_000_000, account()
        # The status of so late a transaction, and of so late a multixact, is looked up in these files.
        for folder, a_file in (("pg_xact", 1 << 20), ("pg_multixact/offsets", 1 << 16)):
            file = cluster.data / folder / f"{number // a_file:04X}"
            file.write_bytes(bytes(1 << 18))
            owner.own(file)
        command = [
            cluster.install.program("pg_resetwal"),
            "-f",
            "-x",
            str(number),
            "-m",
            f"{number},1",
            "-D",
            cluster.data,
        ]
        done = owner.run(command, cluster.install.environment)
        assert done.returncode == 0, done.stderr
        cluster.start()
        health = await look(server.reader("postgres"), **asked)
        assert told(health) == {(code, name) for code in asked["codes"] for name in names}
        assert {each.severity.value for each in health.findings} == {"critical"}
        server.run("postgres", "VACUUM (FREEZE)")
        again = told(await look(server.reader("postgres"), **asked))
        assert again == {(code, name) for code in asked["codes"] for name in names if name != "postgres"}
    finally:
        use.leave()
