"""Whole databases: the sample world healthy and planted, an empty one, a restored one, odd names, thousands of tables."""

import sys
import time

import psycopg
from psycopg.conninfo import make_conninfo

from common.engines.account import account
from tests.live.health.conftest import PASSWORD, Look, Server, told
from tools.worlds import load
from tools.worlds.faults import expected

THOUSANDS = """
    DO $$ BEGIN FOR n IN FIRST..LAST LOOP
        EXECUTE format('CREATE TABLE s.t%s (id bigint PRIMARY KEY, a int, b text); CREATE INDEX ON s.t%1$s (a)', n);
    END LOOP; END $$
"""


async def test_the_healthy_world(server: Server, database: str, look: Look) -> None:
    await load(server.cluster.dsn_of(database), "f2", faults=frozenset())
    server.open(database)
    assert told(await look(server.reader(database))) == set()


async def test_every_planted_fault_and_nothing_else(server: Server, database: str, look: Look) -> None:
    await load(server.cluster.dsn_of(database), "f2")
    server.open(database)
    assert told(await look(server.reader(database))) == expected()


async def test_an_empty_database(server: Server, look: Look) -> None:
    health = await look(server.reader("postgres"))
    assert told(health) == set()
    assert health.checked >= 58


async def test_a_dump_restored_a_moment_ago(server: Server, database: str, look: Look) -> None:
    await load(server.cluster.dsn_of(database), "f2", faults=frozenset())
    owner, install = account(), server.cluster.install
    source = server.cluster.dsn_of(database)
    secret = {"PGPASSFILE": "", **install.environment}
    dumped = owner.run([install.program("pg_dump"), "-d", _with_password(source)], secret)
    assert dumped.returncode == 0, dumped.stderr
    server.run("postgres", "DROP DATABASE IF EXISTS restored WITH (FORCE); CREATE DATABASE restored")
    try:
        target = server.cluster.dsn_of("restored")
        back = owner.run([install.program("psql"), "-q", "-d", _with_password(target)], secret, dumped.stdout)
        assert back.returncode == 0, back.stderr
        server.open("restored")
        assert told(await look(server.reader("restored"))) == set()
    finally:
        server.run("postgres", "DROP DATABASE restored WITH (FORCE)")


async def test_odd_names(server: Server, database: str, look: Look) -> None:
    server.run(
        database,
        """
        CREATE SCHEMA "select";
        CREATE TABLE "select"."quo""ted und Größe" (id int PRIMARY KEY, "order" int, "b b" int);
        CREATE INDEX "one ""1"" more" ON "select"."quo""ted und Größe" ("order");
        CREATE INDEX "two %s {x}" ON "select"."quo""ted und Größe" ("order");
        CREATE TABLE "select"."100 %" (a int);
        INSERT INTO "select"."100 %" VALUES (1);
        CREATE SEQUENCE "select"."se'q" MAXVALUE 10;
        SELECT setval('"select"."se''q"', 9);
        """,
    )
    server.open(database)
    health = await look(server.reader(database))
    assert told(health) == {
        ("duplicate-index", "select.two %s {x}"),
        ("no-primary-key", "select.100 %"),
        ("sequence-near-limit", "select.se'q"),
    }
    for finding in health.findings:
        if finding.severity.value != "info":
            server.run(database, finding.remedy)
    assert told(await look(server.reader(database))) == set()


async def test_a_role_that_sees_one_schema(server: Server, database: str, look: Look) -> None:
    server.run(
        database,
        f"""
        DROP ROLE IF EXISTS narrow;
        CREATE ROLE narrow LOGIN PASSWORD '{PASSWORD}';
        CREATE SCHEMA seen; CREATE SCHEMA "un seen";
        CREATE TABLE seen.t (id serial PRIMARY KEY);
        CREATE TABLE "un seen".t (id int PRIMARY KEY, a text);
        CREATE SEQUENCE "un seen".numbers;
        INSERT INTO "un seen".t SELECT n, repeat('x', 90) FROM generate_series(1, 50000) AS n;
        VACUUM (ANALYZE);
        GRANT USAGE ON SCHEMA seen TO narrow;
        GRANT SELECT ON ALL TABLES IN SCHEMA seen TO narrow;
        GRANT SELECT ON ALL SEQUENCES IN SCHEMA seen TO narrow;
        """,
    )
    health = await look(server.reader(database, "narrow"))
    assert told(health) == set()
    needs = {each.code: each.needs for each in health.not_checked}
    for code in ("idle-in-transaction", "long-transaction", "app-role-superuser", "pooler-missing"):
        assert needs[code] == "GRANT pg_read_all_stats TO narrow;"
    assert needs["no-recent-base-backup"].startswith("archive_mode = on")
    assert needs["sequence-near-limit"] == (
        'GRANT USAGE ON SCHEMA "un seen" TO narrow; GRANT SELECT ON ALL SEQUENCES IN SCHEMA "un seen" TO narrow;'
    )
    assert (
        needs["int4-key-near-limit"]
        == 'GRANT USAGE ON SCHEMA "un seen" TO narrow; GRANT SELECT ON "un seen".t TO narrow;'
    )
    assert "pgstattuple" in needs["bloated-table"]
    for code, need in needs.items():
        if need.startswith("GRANT") or code == "bloated-table":
            server.run(database, need)
    again = {each.code for each in (await look(server.reader(database, "narrow"))).not_checked}
    assert again == {"recovery-never-tested", "no-recent-base-backup"}
    server.run(database, "DROP OWNED BY narrow; DROP ROLE narrow")


async def test_thousands_of_tables(server: Server, database: str, look: Look) -> None:
    server.run("postgres", f"ALTER DATABASE {database} SET max_parallel_workers_per_gather = 0")
    with psycopg.connect(server.cluster.dsn_of(database), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA s")
        for start in range(1, 2501, 250):
            connection.execute(THOUSANDS.replace("FIRST", str(start)).replace("LAST", str(start + 249)).encode())
    server.open(database)
    began = time.monotonic()
    health = await look(server.reader(database))
    sys.stderr.write(f"2,500 tables on {server.major}: {time.monotonic() - began:.2f} s\n")
    assert told(health) == set()


async def test_extensions_are_not_the_users(server: Server, database: str, look: Look) -> None:
    server.run(database, "CREATE SCHEMA ext; CREATE EXTENSION pgstattuple SCHEMA ext; CREATE EXTENSION pg_trgm;")
    assert told(await look(server.reader(database))) == set()


def _with_password(dsn: str) -> str:
    """The DSN with the password in it: the account that runs the programs may not read our password file."""
    with psycopg.connect(dsn) as connection:
        return make_conninfo(dsn, password=connection.info.password, passfile="/dev/null")
