"""The databases that advice is measured on: the wallet world without its secondary indexes, and TPC-H."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from common.engines.copies import open_copy
from tools.worlds.load import load
from tools.worlds.workload import statements

ROLE, PASSWORD = "bench_reader", "reads-only"
SERVER = {
    "shared_preload_libraries": "pg_stat_statements,pg_qualstats",
    "pg_qualstats.enabled": "off",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "maintenance_work_mem": "256MB",
}
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Query:
    """One statement of a workload: its text with each set of values, and its calls a round."""

    name: str
    texts: tuple[str, ...]
    weight: float


@dataclass(frozen=True)
class World:
    """A loaded database. `dsn` is the superuser's, `reader_dsn` that of a role with SELECT and nothing more."""

    name: str
    dsn: str
    reader_dsn: str
    schema: str
    queries: tuple[Query, ...]
    expert: tuple[str, ...]
    inserts: tuple[str, ...]


@contextmanager
def server(dsn: str) -> Iterator[str]:
    """The superuser's DSN of the server that was given, or of a throwaway PostgreSQL 15 with HypoPG."""
    if dsn:
        yield dsn
        return
    use, cluster = open_copy(15, SERVER)
    try:
        yield cluster.dsn
    finally:
        use.leave()


def wallet(server_dsn: str, scope: str) -> World:
    """The wallet world of this scope with its primary keys and unique constraints only, and its 17 reads."""
    name = f"bench_{scope}"
    dsn = make_conninfo(server_dsn, dbname=name)
    if _create(server_dsn, name):
        asyncio.run(load(dsn, scope, faults=frozenset()))
        _reader(dsn, "wallet")
    with psycopg.connect(dsn, autocommit=True) as connection:
        strip(connection, "wallet")
        queries = tuple(
            Query(each.name, tuple(_bound(connection, each.sql, values) for values in each.params), each.weight)
            for each in statements(scope)
            if not each.writes
        )
    inserts = tuple(_statements(HERE / "wallet_inserts.sql"))
    return World(
        scope, dsn, _as_reader(dsn), "wallet", queries, tuple(_statements(HERE / "wallet_expert.sql")), inserts
    )


def tpch(server_dsn: str, data: Path) -> World:
    """TPC-H from the `.tbl` files in `data` with primary keys only, and its 22 queries."""
    name = "bench_tpch"
    dsn = make_conninfo(server_dsn, dbname=name)
    if _create(server_dsn, name):
        with psycopg.connect(dsn, autocommit=True) as connection:
            for statement in _statements(HERE / "tpch" / "schema.sql"):
                connection.execute(statement)
            for file in sorted(data.glob("*.csv")):
                copy = sql.SQL("COPY {} FROM STDIN (FORMAT csv, HEADER)").format(sql.Identifier(file.stem))
                with connection.cursor().copy(copy) as into, file.open("rb") as source:
                    while part := source.read(1 << 20):
                        into.write(part)
            for statement in _statements(HERE / "tpch" / "keys.sql"):
                connection.execute(statement)
            connection.execute("VACUUM ANALYZE")
        _reader(dsn, "public")
    with psycopg.connect(dsn, autocommit=True) as connection:
        strip(connection, "public")
    queries = tuple(
        Query(f"q{number}", (text,), 1.0) for number, text in enumerate(_statements(HERE / "tpch" / "queries.sql"), 1)
    )
    inserts = tuple(_statements(HERE / "tpch" / "inserts.sql"))
    return World(
        "tpch", dsn, _as_reader(dsn), "public", queries, tuple(_statements(HERE / "tpch" / "expert.sql")), inserts
    )


def strip(connection: psycopg.Connection[tuple[object, ...]], schema: str) -> None:
    """Drop every index of the schema that no constraint needs."""
    found = connection.execute(
        "SELECT c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid"
        " JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = %s AND NOT c.relispartition"
        " AND NOT EXISTS (SELECT FROM pg_constraint AS o WHERE o.conindid = c.oid)",
        (schema,),
    ).fetchall()
    for (index,) in found:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(schema, str(index))))


def workload_file(world: World) -> Path:
    """The workload as `./p3 advise --workload` reads it."""
    parts = [
        f"-- weight: {query.weight / len(query.texts)}\n{text.rstrip().rstrip(';')};\n"
        for query in world.queries
        for text in query.texts
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".sql", delete=False) as file:
        file.write("\n".join(parts))
    return Path(file.name)


def _create(server_dsn: str, name: str) -> bool:
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            return False
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return True


def _reader(dsn: str, schema: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for extension in ("hypopg", "pg_stat_statements", "pg_qualstats"):
            connection.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(extension)))
        role, password, place = sql.Identifier(ROLE), sql.Literal(PASSWORD), sql.Identifier(schema)
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,)).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, password))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(place, role))
        connection.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(place, role))
        connection.execute(sql.SQL("GRANT pg_read_all_stats TO {}").format(role))
        connection.execute(sql.SQL("GRANT SELECT ON hypopg_list_indexes TO {}").format(role))  # postgres-mcp reads it


def _as_reader(dsn: str) -> str:
    return make_conninfo(dsn, user=ROLE, password=PASSWORD, passfile="")


def _bound(connection: psycopg.Connection[tuple[object, ...]], text: str, values: object) -> str:
    return psycopg.ClientCursor(connection).mogrify(text, values).strip()  # type: ignore[arg-type]


def _statements(file: Path) -> list[str]:
    parts = [part.strip() for part in file.read_text().split(";\n")]
    return [part.rstrip(";") for part in parts if part]
