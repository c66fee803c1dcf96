"""Loading the sample world: what is in it, what it refuses, what an interrupted load leaves."""

import asyncio
import signal
import subprocess
import sys

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from common.engines import copy_cluster
from common.errors import InputError, Refused, Unreachable
from tools.worlds import ALL_FAULTS, found, load, play

ROWS = {
    "tenants": 2,
    "users": 400,
    "affiliations": 360,
    "transactions": 40_000,
    "ledger_entries": 78_422,
    "commissions": 4_998,
    "wallets": 1_012,
    "fx_rates": 1_825,
    "sessions": 30_000,
    "login_attempts": 20_000,
    "webhook_deliveries": 10_000,
    "outbox": 5_000,
    "payouts": 2_000,
    "audit_log": 10_000,
    "api_keys": 6,
}


def one(dsn, statement):
    with psycopg.connect(dsn) as connection:
        return connection.execute(statement).fetchone()


def checksum(dsn):
    """A digest of every row of every table."""
    with psycopg.connect(dsn) as connection:
        connection.execute("SET timezone = 'UTC'")
        statement = "SELECT md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) FROM {} AS t"
        return {
            table: connection.execute(sql.SQL(statement).format(sql.Identifier("wallet", table))).fetchone()
            for table in ROWS
        }


async def test_rows_of_f2(any_database):
    seen = []
    loaded = await load(any_database.dsn, "f2", progress=lambda what, done, total: seen.append((what, done, total)))
    assert loaded.rows == ROWS
    assert set(loaded.faults) == ALL_FAULTS
    assert loaded.notes == []
    # Two faults bring rows of their own.
    for table, more in {**dict.fromkeys(ROWS, 0), "webhook_deliveries": 6_000, "audit_log": 1_000}.items():
        statement = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("wallet", table))
        assert one(any_database.dsn, statement) == (ROWS[table] + more,)
    assert seen[-1][1] == sum(loaded.rows.values())
    assert all(done <= total for _, done, total in seen)
    world = await found(any_database.dsn)
    assert (world.scope, set(world.faults), world.ready) == ("f2", ALL_FAULTS, True)


def test_the_same_rows_on_every_server_and_every_time(worlds15, worlds18, postgres18, new_database):
    sums = [checksum(worlds("planted").dsn) for worlds in (worlds15, worlds18)]
    database = new_database(postgres18, template=worlds18("planted").name)
    asyncio.run(load(database.dsn, "f2", faults=frozenset()))
    healthy = checksum(database.dsn)
    asyncio.run(load(database.dsn, "f2"))
    sums.append(checksum(database.dsn))
    assert sums[0] == sums[1] == sums[2]
    assert healthy != sums[0]


def test_the_ledger_balances(world_of):
    dsn = world_of("healthy").dsn
    assert one(
        dsn,
        """SELECT count(*) FROM (
               SELECT FROM wallet.ledger_entries GROUP BY transaction_id HAVING sum(amount) <> 0) AS unbalanced""",
    ) == (0,)
    assert one(
        dsn,
        """SELECT count(*) FROM wallet.transactions AS t
           WHERE (status IN ('settled', 'reversed')) <> EXISTS (
               SELECT FROM wallet.ledger_entries WHERE transaction_id = t.id AND currency = t.currency)""",
    ) == (0,)


def test_the_healthy_world_is_well_kept(world_of):
    # Since version 16 each COPY leaves some empty pages behind, which are never marked as visible to all.
    dsn = world_of("healthy").dsn
    assert one(
        dsn,
        """SELECT count(*) FROM pg_class AS c LEFT JOIN pg_stat_all_tables AS s ON s.relid = c.oid
           WHERE c.relnamespace = 'wallet'::regnamespace AND c.relkind = 'r'
             AND (s.last_analyze IS NULL OR s.last_vacuum IS NULL OR s.n_dead_tup > 0 OR s.n_mod_since_analyze > 0
                  OR c.relallvisible < 0.75 * c.relpages)""",
    ) == (0,)
    assert one(
        dsn,
        """SELECT count(*) FROM pg_constraint AS f WHERE f.contype = 'f' AND f.connamespace = 'wallet'::regnamespace
           AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = f.conrelid AND indkey[0] = f.conkey[1])""",
    ) == (0,)
    assert one(dsn, "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = 'wallet_app'") == (False, False)
    for sequence, table in (("payout_number_seq", "payouts"), ("transactions_id_seq", "transactions")):
        row = one(dsn, f"SELECT s.last_value, max(t.id) FROM wallet.{sequence} AS s, wallet.{table} AS t GROUP BY 1")
        assert row[0] == row[1]


def test_the_application_sees_one_tenant(world_of):
    with psycopg.connect(world_of("healthy").dsn) as connection:
        connection.execute("SET ROLE wallet_app")
        assert connection.execute("SELECT count(*) FROM wallet.users").fetchone() == (0,)
        connection.execute("SET wallet.tenant_id = '2'")
        assert connection.execute("SELECT DISTINCT tenant_id FROM wallet.users").fetchall() == [(2,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM wallet.ledger_entries")


async def test_somebody_elses_schema_is_left_alone(any_database):
    any_database.execute("CREATE SCHEMA wallet; CREATE TABLE wallet.theirs AS SELECT 1 AS n")
    with pytest.raises(Refused, match="not the sample world"):
        await load(any_database.dsn, "f2")
    assert one(any_database.dsn, "SELECT n FROM wallet.theirs") == (1,)
    assert await found(any_database.dsn) is None
    with pytest.raises(InputError, match="holds no sample world"):
        await play(any_database.dsn)


async def test_other_schemas_stay(database):
    database.execute("CREATE TABLE public.mine AS SELECT 1 AS n")
    await load(database.dsn, "f2", faults=frozenset())
    await load(database.dsn, "f2", faults=frozenset({"no-primary-key"}))
    assert one(database.dsn, "SELECT n FROM mine") == (1,)
    assert (await found(database.dsn)).faults == ["no-primary-key"]


async def test_nobody_there():
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:1/"):
        await load("host=127.0.0.1 port=1 user=nobody password=secret", "f2")


LOAD = """
import asyncio, sys
from tools.worlds import load
asyncio.run(load(sys.argv[1], "f2", progress=lambda what, done, total: print(what, flush=True)))
"""


@pytest.mark.parametrize(
    ("moment", "before"),
    [
        ("tenants", "a world"),
        ("commissions", "nothing"),
        ("indexes and constraints", "a world"),
        ("vacuum and analyze", "nothing"),
    ],
)
def test_killed_in_the_middle(postgres18, worlds18, new_database, moment, before):
    template = worlds18("healthy").name if before == "a world" else "template1"
    database = new_database(postgres18, template=template)
    process = subprocess.Popen([sys.executable, "-c", LOAD, database.dsn], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if line.strip() == moment:
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL
    if moment != "vacuum and analyze":
        world = asyncio.run(found(database.dsn))
        assert world is None if before == "nothing" else (world.ready and world.faults == [])
    asyncio.run(load(database.dsn, "f2"))
    assert one(database.dsn, "SELECT count(*) FROM wallet.transactions") == (ROWS["transactions"],)
    world = asyncio.run(found(database.dsn))
    assert world.ready
    assert set(world.faults) == ALL_FAULTS


async def test_a_role_without_createrole_loads_and_says_what_is_missing():
    async with copy_cluster(18) as cluster:
        async with await psycopg.AsyncConnection.connect(cluster.dsn, autocommit=True) as connection:
            await connection.execute(
                "CREATE ROLE loader LOGIN PASSWORD 'x'; GRANT CREATE ON DATABASE postgres TO loader"
            )
            await connection.execute(
                "CREATE ROLE maker LOGIN CREATEROLE PASSWORD 'x'; CREATE ROLE weak LOGIN PASSWORD 'x'"
            )
            await connection.execute("CREATE DATABASE made OWNER maker")
        loader = make_conninfo(cluster.dsn, user="loader", password="x", dbname="postgres")
        loaded = await load(loader, "f2")
        assert loaded.notes == ["no role wallet_app: the DSN's role may not create roles"]
        played = await play(loader)
        assert (played.as_app_role, played.recorded, played.failed) == (False, False, {})
        maker = make_conninfo(cluster.dsn, user="maker", password="x", dbname="made")
        assert (await load(maker, "f2", faults=frozenset())).notes == []
        played = await play(maker)
        assert (played.as_app_role, played.failed) == (True, {})
        with pytest.raises(Refused, match="CREATE on the database"):
            await load(make_conninfo(cluster.dsn, user="weak", password="x", dbname="made"), "f2")


def test_the_workload_tells_pg_stat_statements_its_story(any_postgres, world_of, new_database):
    database = new_database(any_postgres, template=world_of("planted").name)
    played = asyncio.run(play(database.dsn, rounds=2))
    assert (played.as_app_role, played.recorded, played.failed) == (True, True, {})
    assert len(played.calls) == 21
    with psycopg.connect(database.dsn) as connection:
        calls, rows, role = connection.execute(
            """SELECT s.calls, s.rows, r.rolname FROM pg_stat_statements AS s JOIN pg_roles AS r ON r.oid = s.userid
               WHERE s.query LIKE 'SELECT id, kind, status, amount%' AND s.dbid = (
                   SELECT oid FROM pg_database WHERE datname = current_database())"""
        ).fetchone()
    assert (calls, role) == (40, "wallet_app")
    assert rows > 40
