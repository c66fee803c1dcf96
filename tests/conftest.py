"""Real PostgreSQL servers for every test that wants one. What there is and how to use it: tests/README.md."""

import os
import secrets
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString, cast

import psutil
import psycopg
import pytest
from psycopg import sql

from common.engines import Cluster
from common.engines.copies import open_copy
from common.engines.installs import installs

SETTINGS = {
    "shared_preload_libraries": "pg_stat_statements",
    "track_io_timing": "on",
    "wal_level": "logical",
    "max_wal_senders": "10",
    "max_connections": "60",
}
_ROOM = 8 * 2**30
"""Bytes of memory that must be free for the servers to live there; with two workers they took 3 GB at the most."""
GET_15 = "apt-get install postgresql-15 postgresql-15-hypopg"


_VERSIONED = ("any_postgres", "primary", "server")
"""Fixtures with the server's version as their parameter."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "each: on both server versions in every run: what is told depends on the version"
    )
    config.addinivalue_line("markers", "once: not about the server's version, on one of them (DBCREW_FULL=1: on both)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where the run is not a full one, a test for both server versions runs on one of them, in turn within its file."""
    if os.environ.get("DBCREW_FULL"):
        return
    tests: dict[Path, dict[str, dict[int, pytest.Item]]] = defaultdict(lambda: defaultdict(dict))
    for item in items:
        params = getattr(item, "callspec", None) and item.callspec.params  # type: ignore[attr-defined]
        for name in set(_VERSIONED) & set(params or ()):
            others = sorted((key, str(value)) for key, value in params.items() if key != name)
            tests[item.path][f"{item.originalname}{others}"][params[name]] = item  # type: ignore[attr-defined]
    out: set[pytest.Item] = set()
    for file in tests.values():
        for place, versions in enumerate(file.values()):
            some = next(iter(versions.values()))
            if len(versions) < 2 or some.get_closest_marker("each"):
                continue
            out.update(item for version, item in versions.items() if version != _in_turn(some, place))
    config.hook.pytest_deselected(items=list(out))
    items[:] = [item for item in items if item not in out]


def _in_turn(item: pytest.Item, place: int) -> int:
    return 18 if item.get_closest_marker("once") or place % 2 == 0 else 15


def _in_memory() -> Path | None:
    """A folder in memory where there is room for all servers of a run; None: wherever temporary files belong.

    ext4 gives the inode of a deleted file to no other for some seconds. Where thousands of files come and go, as with each
    database and each throwaway server, it looks for free ones most of the time: a third of all CPU time of a run.
    """
    folder = Path("/dev/shm")
    try:
        room = min(shutil.disk_usage(folder).free, psutil.virtual_memory().available)
        able = not os.statvfs(folder).f_flag & os.ST_NOEXEC and os.access(folder, os.W_OK)
    except OSError:
        return None
    return folder if able and room >= _ROOM and "TMPDIR" not in os.environ else None


@pytest.fixture(scope="session", autouse=True)
def build_data() -> Iterator[Path]:
    """A folder of this test run's own in place of the checkout's build_data/; the servers' account can reach it."""
    # Not pytest's tmp_path: that one is closed to other accounts.
    folder = Path(tempfile.mkdtemp(prefix="dbcrew-test-", dir=_in_memory()))
    folder.chmod(0o755)
    before = os.environ.get("DBCREW_BUILD_DATA")
    os.environ["DBCREW_BUILD_DATA"] = str(folder)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
    if before is None:
        del os.environ["DBCREW_BUILD_DATA"]
    else:
        os.environ["DBCREW_BUILD_DATA"] = before


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server of this test run."""

    cluster: Cluster
    major: int

    @property
    def dsn(self) -> str:
        """The superuser's DSN of the database `postgres`."""
        return self.cluster.dsn

    def dsn_of(self, database: str) -> str:
        return self.cluster.dsn_of(database)

    def execute(self, statement: str | sql.Composable, database: str = "postgres") -> None:
        """Run a statement of the test's own as superuser, committed at once.

        Several in one string are one transaction: when autovacuum and their ANALYZE wait for each other, they run anew.
        """
        text = cast("LiteralString", statement) if isinstance(statement, str) else statement
        with psycopg.connect(self.dsn_of(database), autocommit=True) as connection:
            for attempt in range(3):
                try:
                    connection.execute(text)
                except psycopg.errors.DeadlockDetected:
                    if attempt == 2:
                        raise
                else:
                    return

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Within the block autovacuum does not run: the only transactions are those of the test."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            self._set_autovacuum(connection, "SET autovacuum = off", "off")
            busy = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'"
            while connection.execute(busy).fetchone() != (0,):
                time.sleep(0.05)
            try:
                yield
            finally:
                self._set_autovacuum(connection, "RESET autovacuum", "on")

    def _set_autovacuum(self, connection: psycopg.Connection, change: LiteralString, wanted: str) -> None:
        connection.execute(f"ALTER SYSTEM {change}")
        connection.execute("SELECT pg_reload_conf()")
        while connection.execute("SHOW autovacuum").fetchone() != (wanted,):
            time.sleep(0.05)

    def new_database(self, template: str = "template1") -> "Database":
        """A database with a random name, copied from another one that nobody is connected to."""
        name = f"t_{secrets.token_hex(6)}"
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY {}")
        # Copying files beats writing WAL when nothing is flushed to disk anyway.
        self.execute(command.format(sql.Identifier(name), sql.Identifier(template), sql.SQL("file_copy")))
        return Database(self, name)


@dataclass(frozen=True)
class Database:
    """A database of one test."""

    server: Server
    name: str

    @property
    def dsn(self) -> str:
        """The superuser's DSN of this database."""
        return self.server.dsn_of(self.name)

    @property
    def major(self) -> int:
        return self.server.major

    def execute(self, statement: str | sql.Composable) -> None:
        """Run statements of the test's own as superuser (several in one string are fine), committed at once."""
        self.server.execute(statement, self.name)

    def drop(self) -> None:
        self.server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name)))


def _server(major: int) -> Iterator[Server]:
    use, cluster = open_copy(major, SETTINGS)
    try:
        yield Server(cluster, cluster.install.major)
    finally:
        use.leave()


@pytest.fixture(scope="session")
def postgres18(build_data: Path) -> Iterator[Server]:
    """The embedded PostgreSQL 18: contrib and pgvector, no HypoPG."""
    yield from _server(18)


@pytest.fixture(scope="session")
def postgres15(build_data: Path) -> Iterator[Server]:
    """Debian's PostgreSQL 15 with HypoPG; where it is missing the test is skipped, under CI it fails."""
    if not any(install.major == 15 and install.has_hypopg for install in installs()):
        if os.environ.get("CI"):
            pytest.fail(f"PostgreSQL 15 with HypoPG is not on this machine: {GET_15}")
        pytest.skip(f"needs PostgreSQL 15 with HypoPG: {GET_15}")
    yield from _server(15)


@pytest.fixture(scope="session", params=[18, 15])
def any_postgres(request: pytest.FixtureRequest) -> Server:
    """Each of the two servers in turn."""
    server: Server = request.getfixturevalue(f"postgres{request.param}")
    return server


@pytest.fixture
def new_database() -> Iterator[Callable[..., Database]]:
    """`new_database(server, template="template1")`: as many databases as a test wants, dropped after it."""
    made: list[Database] = []

    def make(server: Server, template: str = "template1") -> Database:
        database = server.new_database(template)
        made.append(database)
        return database

    yield make
    for database in made:
        database.drop()


@pytest.fixture
def database(postgres18: Server, new_database: Callable[..., Database]) -> Database:
    """A new, empty database on PostgreSQL 18."""
    return new_database(postgres18)


@pytest.fixture
def database15(postgres15: Server, new_database: Callable[..., Database]) -> Database:
    """A new, empty database on PostgreSQL 15."""
    return new_database(postgres15)


@pytest.fixture
def any_database(any_postgres: Server, new_database: Callable[..., Database]) -> Database:
    """A new, empty database on each of the two servers in turn."""
    return new_database(any_postgres)
