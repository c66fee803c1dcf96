"""Servers as a careful owner runs them, but for fsync, and one way to ask them."""

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from pglast import split
from psycopg.conninfo import make_conninfo

from common.config.settings import Settings
from common.engines import Cluster
from common.engines.copies import open_copy
from common.evidence import MemoryLedger
from common.findings import Severity
from tools.postgres.connection import Postgres
from tools.postgres.health_tool import TOOL, Health
from tools.runner import Runner

CAREFUL = {
    "synchronous_commit": "on",
    "wal_level": "logical",
    "max_wal_senders": "5",
    "max_connections": "120",
    "max_prepared_transactions": "5",
    "shared_preload_libraries": "pg_stat_statements",
}
READER = "health_reader"
PASSWORD = "only for this test server"


@dataclass(frozen=True)
class Server:
    """A server of these tests. Its role `health_reader` has pg_monitor and what `open` gives it in each database."""

    cluster: Cluster
    major: int

    def run(self, database: str, text: str) -> None:
        """Run a script as superuser, each statement its own transaction, as psql does. A last line `-- fails` in a
        statement says that it is meant to."""
        with psycopg.connect(self.cluster.dsn_of(database), autocommit=True) as connection:
            for statement in split(text):
                if re.match(r"(--.*\n|\s)*(VACUUM|ANALYZE)", statement):  # else what came before is counted after it
                    connection.execute("SELECT pg_stat_force_next_flush()")
                try:
                    connection.execute(statement.encode())
                except psycopg.Error:
                    if "-- fails" not in statement:
                        raise
            connection.execute("SELECT pg_stat_force_next_flush()")

    def open(self, database: str) -> None:
        """Let the reader read everything that is there."""
        with psycopg.connect(self.cluster.dsn_of(database), autocommit=True) as connection:
            schemas = connection.execute(
                "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'"
                " AND nspname <> 'information_schema'"
            ).fetchall()
            for (schema,) in schemas:
                connection.execute(
                    f"GRANT USAGE ON SCHEMA {schema} TO {READER}; GRANT SELECT ON ALL TABLES IN SCHEMA {schema}"
                    f" TO {READER}; GRANT SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {READER}".encode()
                )

    def reader(self, database: str, role: str = READER) -> str:
        """The DSN of a role that only looks."""
        return make_conninfo(self.cluster.dsn_of(database), user=role, password=PASSWORD)


@pytest.fixture(scope="session", params=[18, 15])
def server(request: pytest.FixtureRequest, build_data: Path) -> Iterator[Server]:
    if request.param == 15:
        request.getfixturevalue("postgres15")  # skipped, or failed under CI, where the version is missing
    use, cluster = open_copy(request.param, CAREFUL)
    try:
        made = Server(cluster, request.param)
        made.run("postgres", f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'; GRANT pg_monitor TO {READER};")
        yield made
    finally:
        use.leave()


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """An empty database with pg_stat_statements."""
    server.run("postgres", "DROP DATABASE IF EXISTS checked WITH (FORCE); CREATE DATABASE checked;")
    server.run("checked", "CREATE EXTENSION pg_stat_statements")
    yield "checked"
    server.run("postgres", "DROP DATABASE IF EXISTS checked WITH (FORCE)")


Look = Callable[..., Awaitable[Health]]


@pytest.fixture
def look() -> Look:
    """`await look(dsn, idle_s=0, …)`: what the tool says, by the way every caller takes."""

    async def ask(dsn: str, **arguments: object) -> Health:
        settings = Settings()
        async with await Postgres.connect(dsn, settings) as postgres:
            runner = Runner("health", {TOOL.name: TOOL}, MemoryLedger(), settings, postgres)
            record = await runner.call(TOOL.name, None, **arguments)
        assert record.ok, record.data
        return Health.model_validate(record.data)

    return ask


QUICK = {("durability-off", "fsync"), ("durability-off", "full_page_writes"), ("checksums-off", "data_checksums")}
"""True of these servers, which nobody misses after a crash."""


def told(health: Health) -> set[tuple[str, str]]:
    """Code and object of everything above info."""
    found = {(each.code, each.object) for each in health.findings if each.severity is not Severity.INFO}
    return found - QUICK
