"""Settings, counters and standbys: what concerns a whole server."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from common.engines.account import account
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
async def test_a_setting(setting: str, value: str, expected: tuple[str, str], server: Server, database: str, look: Look) -> None:
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


async def test_a_workload_that_misses_the_cache(server: Server, database: str, look: Look) -> None:
    asked = {"codes": ["low-cache-hit", "temp-files-heavy"]}
    server.run(
        database,
        "CREATE SCHEMA s; CREATE TABLE s.t (id int PRIMARY KEY, a text);"
        "INSERT INTO s.t SELECT n, repeat('x', 1000) FROM generate_series(1, 100) AS n; VACUUM (ANALYZE) s.t;",
    )
    assert told(await look(server.reader(database), **asked)) == set()


@pytest.fixture
def standby(server: Server, build_data: Path) -> Iterator[tuple[Server, str]]:
    """A streaming standby of the server, and the DSN of its postgres database."""
    home = build_data / f"standby-{server.major}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o755)
    owner, install = account(), server.cluster.install
    owner.own(home)
    data, port = home / "data", free_port()
    server.run("postgres", f"DROP ROLE IF EXISTS streams; CREATE ROLE streams REPLICATION LOGIN PASSWORD '{PASSWORD}';")
    made = owner.run(
        [
            install.program("pg_basebackup"),
            "-D",
            data,
            "-R",
            "-c",
            "fast",
            "-d",
            f"host=127.0.0.1 port={server.cluster.port} user=streams password='{PASSWORD}' application_name=second",
        ],
        install.environment,
    )
    assert made.returncode == 0, made.stderr
    conf = home / "server.conf"
    conf.write_text((server.cluster.folder / "server.conf").read_text() + f"port = {port}\n")
    conf.chmod(0o644)
    command = [install.program("pg_ctl"), "-D", data, "-w", "-s", "-l", home / "log", "-o", f"-c config_file={conf}"]
    started = owner.run([*command, "start"], install.environment)
    assert started.returncode == 0, started.stderr
    try:
        yield server, f"postgresql://{READER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{port}/postgres"
    finally:
        owner.run([install.program("pg_ctl"), "-D", data, "-s", "-m", "immediate", "stop"], install.environment)
        server.run("postgres", "DROP ROLE IF EXISTS streams")
        shutil.rmtree(home, ignore_errors=True)


async def test_a_standby(standby: tuple[Server, str], database: str, look: Look) -> None:
    server, dsn = standby
    primary = server.reader(database)
    on_primary = await look(primary)
    # A server with a standby is one that somebody would miss, and good practice is asked of it.
    assert told(on_primary) == {("archiving-off", "archive_mode"), ("no-statement-timeout", "statement_timeout")}
    assert told(await look(dsn, codes=["replication-lag", "replica-disconnected", "dead-tuples"])) == set()

    server.run("postgres", "CREATE TABLE lag (a text); ALTER TABLE lag ALTER a SET STORAGE EXTERNAL;")
    with psycopg.connect(dsn.replace(READER, "postgres").replace(PASSWORD.replace(" ", "%20"), ""), autocommit=True) as _:
        pass
