"""A primary that archives its WAL, a role that only looks at it, and backups of every kind."""

import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from common.config.settings import Settings
from common.engines import Cluster
from common.engines.account import account
from common.engines.copies import open_copy
from common.evidence import Evidence, MemoryLedger
from tools.inventory import TOOLS
from tools.postgres.connection import Postgres
from tools.runner import Runner

PASSWORD = "only for this test server"
SHOP = """
CREATE SCHEMA shop;
CREATE ROLE shop_owner NOLOGIN;
CREATE TABLE shop.customers (id bigint PRIMARY KEY, email text NOT NULL);
CREATE TABLE shop.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id bigint NOT NULL REFERENCES shop.customers,
    total numeric(12, 2) NOT NULL, created_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX ON shop.orders (created_at);
ALTER TABLE shop.orders OWNER TO shop_owner;
CREATE TABLE shop."odd ""name." (a int PRIMARY KEY);
"""
ROWS = """
INSERT INTO shop.customers SELECT n, 'c' || n || '@shop.example' FROM generate_series(1, 2000) AS n;
INSERT INTO shop.orders (customer_id, total) SELECT 1 + n % 2000, n % 500 FROM generate_series(1, 30000) AS n;
INSERT INTO shop."odd ""name." SELECT generate_series(1, 10);
ANALYZE;
"""


@dataclass(frozen=True)
class Primary:
    """A live server with archiving, its archive, and a place for backups."""

    cluster: Cluster
    home: Path
    archive: Path
    database: str = "shop"

    @property
    def major(self) -> int:
        return self.cluster.install.major

    @property
    def reader(self) -> str:
        return make_conninfo(self.cluster.dsn_of(self.database), user="drill_reader", password=PASSWORD)

    def run(self, text: str, database: str = "shop") -> None:
        with psycopg.connect(self.cluster.dsn_of(database), autocommit=True) as connection:
            connection.execute(text.encode())

    def value(self, text: str, database: str = "shop") -> Any:
        with psycopg.connect(self.cluster.dsn_of(database), autocommit=True) as connection:
            row = connection.execute(text.encode()).fetchone()
            return row[0] if row else None

    def program(self, name: str, *arguments: str, database: str = "shop") -> None:
        """Run pg_dump or pg_basebackup as its owner does."""
        install = self.cluster.install
        password = str(conninfo_to_dict(self.cluster.dsn)["password"])
        environment = {
            **install.environment,
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.cluster.port),
            "PGUSER": "postgres",
            "PGPASSWORD": password,
        }
        words = [str(install.program(name)), *arguments]
        ended = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr

    def dump(self, name: str, *options: str) -> Path:
        target = self.home / name
        self.program("pg_dump", "-d", self.database, "-f", str(target), *options)
        return target

    def base(self, name: str, *options: str) -> Path:
        target = self.home / name
        self.program("pg_basebackup", "-D", str(target), "-c", "fast", *options)
        return target

    def archived(self) -> str:
        """Switch to a new segment and wait until the one before is in the archive; its name."""
        # Without something to switch from, there is no switch.
        self.run("SELECT pg_create_restore_point('before the switch')")
        segment = self.value("SELECT pg_walfile_name(pg_switch_wal())")
        for _ in range(600):
            if (self.archive / segment).exists():
                return str(segment)
            time.sleep(0.05)
        raise AssertionError(f"{segment} was not archived")


@pytest.fixture(scope="module", params=[18, 15])
def primary(request: pytest.FixtureRequest, build_data: Path) -> Iterator[Primary]:
    """The shop on each version in turn. Files that a test adds or breaks are its own copies."""
    if request.param == 15:
        request.getfixturevalue("postgres15")
    home = build_data / f"drills-{request.param}"
    archive = home / "wal"
    archive.mkdir(parents=True)
    account().own(archive)
    settings = {
        "wal_level": "replica",
        "max_wal_senders": "4",
        "archive_mode": "on",
        "archive_command": f'cp "%p" "{archive}/%f"',
        "full_page_writes": "on",
    }
    use, cluster = open_copy(request.param, settings)
    made = Primary(cluster, home, archive)
    try:
        made.run(f"CREATE ROLE drill_reader LOGIN PASSWORD '{PASSWORD}'; GRANT pg_monitor TO drill_reader;", "postgres")
        made.run("CREATE DATABASE shop", "postgres")
        made.run(SHOP)
        made.run(ROWS)
        made.run(
            "GRANT USAGE ON SCHEMA shop TO drill_reader; GRANT SELECT ON ALL TABLES IN SCHEMA shop TO drill_reader"
        )
        yield made
    finally:
        use.leave()
        shutil.rmtree(home, ignore_errors=True)


Call = Callable[..., Awaitable[Evidence]]


@pytest.fixture
def call() -> Call:
    """`await call(primary, "restore_drill", backup=…)`: the tool by the way every caller takes."""

    async def ask(primary: Primary, tool: str, **arguments: object) -> Evidence:
        settings = Settings()
        async with await Postgres.connect(primary.reader, settings) as postgres:
            runner = Runner("drill", TOOLS, MemoryLedger(), settings, postgres)
            return await runner.call(tool, None, **{name: str(value) for name, value in arguments.items()})

    return ask
