"""What the channel and the transaction refuse, even to a superuser whose statement no guard has seen."""

import asyncio
import os
from typing import Any

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest

from common.config.settings import Settings
from common.errors import EngineDied, InputError, MalformedSql, TimedOut, TooLarge, UnknownObject, WriteRefused
from tools.postgres.connection import Postgres


@pytest.fixture
async def strong(any_database: Any) -> Any:
    """A superuser's connection to an empty database: only layers 3 and 4 stand."""
    any_database.execute("CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 10)")
    async with await Postgres.connect(any_database.dsn, Settings()) as postgres:
        yield postgres


async def ask(postgres: Postgres, statement: str, *params: Any, **limits: Any) -> Any:
    async with postgres.session(**limits) as session:
        return await session.value(statement, params or None)


@pytest.mark.parametrize("params", [None, ()])
async def test_several_statements_cannot_run(strong: Postgres, params: Any) -> None:
    with pytest.raises(MalformedSql, match="multiple commands"):
        async with strong.session() as session:
            await session.rows("SELECT 1; DELETE FROM t", params)
    assert await ask(strong, "SELECT count(*) FROM t") == 10


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM t RETURNING i",
        "WITH gone AS (DELETE FROM t RETURNING i) SELECT * FROM gone",
        "CREATE TABLE u AS SELECT 1",
        "CREATE TEMP TABLE u AS SELECT 1",
        "SET TRANSACTION READ WRITE",
        "SELECT set_config('transaction_read_only', 'off', true)",
        "SELECT set_config('transaction_read_only', 'off', false)",
        "COMMIT",
        "ROLLBACK AND CHAIN",
        "COMMIT AND CHAIN",
        "SET statement_timeout = 0",
        "DO $$ BEGIN NULL; END $$",
        "DISCARD ALL",
        "PREPARE p AS SELECT 1",
        "LISTEN everything",
    ],
)
async def test_what_is_no_read_ends_the_session(strong: Postgres, statement: str) -> None:
    with pytest.raises((WriteRefused, InputError)):
        await ask(strong, statement)
    assert await ask(strong, "SELECT count(*) FROM t") == 10
    assert await ask(strong, "SELECT current_setting('transaction_read_only')") == "on"


async def test_after_a_commit_nothing_more_runs(strong: Postgres) -> None:
    async with strong.session() as session:
        with pytest.raises(WriteRefused):
            await session.rows("COMMIT AND CHAIN")
        with pytest.raises(WriteRefused, match="is over"):
            await session.rows("DELETE FROM t RETURNING i")


async def test_read_write_for_later_sessions_does_not_stick(strong: Postgres) -> None:
    await ask(strong, "SELECT set_config('default_transaction_read_only', 'off', false)")
    with pytest.raises(WriteRefused):
        await ask(strong, "DELETE FROM t RETURNING i")


async def test_time_limits_hold(strong: Postgres, any_database: Any) -> None:
    with pytest.raises(TimedOut, match=r"longer than 0\.2 s"):
        await ask(strong, "SELECT pg_sleep(20)", timeout_ms=200)
    assert await ask(strong, "SHOW idle_in_transaction_session_timeout", timeout_ms=30_000) == "1min"
    with psycopg.connect(any_database.dsn) as other:
        other.execute("LOCK TABLE t")
        with pytest.raises(TimedOut, match="Waiting for a lock"):
            await ask(strong, "SELECT count(*) FROM t")


async def test_rows_and_bytes_are_capped_before_memory_fills(any_database: Any) -> None:
    settings = Settings(result_rows=1_000, result_bytes=1_000_000)
    async with await Postgres.connect(any_database.dsn, settings) as postgres:
        before = psutil.Process(os.getpid()).memory_info().rss
        with pytest.raises(TooLarge, match=r"1,000 rows.*DBCREW_RESULT_ROWS"):
            await ask(postgres, "SELECT g FROM generate_series(1, 50000000) g")
        with pytest.raises(TooLarge, match=r"1,000,000 bytes.*DBCREW_RESULT_BYTES"):
            await ask(postgres, "SELECT repeat('x', 10000) FROM generate_series(1, 5000000)")
        with pytest.raises(TooLarge, match="bytes"):
            await ask(postgres, "SELECT repeat('x', 2000000)")
        assert psutil.Process(os.getpid()).memory_info().rss - before < 50_000_000
        assert await ask(postgres, "SELECT count(*) FROM generate_series(1, 1000)") == 1_000


async def test_nothing_outlives_a_session(strong: Postgres) -> None:
    await ask(strong, "SELECT pg_advisory_lock(42)")
    await ask(strong, "SELECT set_config('work_mem', '77MB', false)")
    with pytest.raises(InputError):  # noqa: PT012
        async with strong.session() as session:
            await session.value("SELECT pg_advisory_lock(43)")
            await session.value("SELECT 1 / 0")
    assert await ask(strong, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0
    assert await ask(strong, "SHOW work_mem") != "77MB"
    async with strong.session() as session, session.prepared("SELECT $1::int") as (_, types):
        assert types == ["integer"]
    assert await ask(strong, "SELECT count(*) FROM pg_prepared_statements") == 0


async def test_hypothetical_indexes_do_not_outlive_a_session(database15: Any) -> None:
    database15.execute("CREATE SCHEMA tools; CREATE EXTENSION hypopg SCHEMA tools; CREATE TABLE t (i int)")
    async with await Postgres.connect(database15.dsn, Settings()) as postgres:
        async with postgres.session() as session:
            await session.rows("SELECT * FROM tools.hypopg_create_index('CREATE INDEX ON t (i)')")
        assert await ask(postgres, "SELECT count(*) FROM tools.hypopg()") == 0
        with pytest.raises(InputError):  # noqa: PT012
            async with postgres.session() as session:
                await session.rows("SELECT * FROM tools.hypopg_create_index('CREATE INDEX ON t (i)')")
                await session.rows("SELECT 1 / 0")
        assert await ask(postgres, "SELECT count(*) FROM tools.hypopg()") == 0


async def test_nobody_s_function_takes_a_built_in_one_s_place(any_database: Any) -> None:
    any_database.execute(
        "CREATE SCHEMA evil; CREATE FUNCTION evil.version() RETURNS text LANGUAGE sql AS $$ SELECT 'mine' $$;"
        "CREATE TABLE evil.own (i int); CREATE TABLE evil.pg_class (relname text);"
    )
    any_database.execute(f"ALTER DATABASE {any_database.name} SET search_path = evil, pg_catalog")
    async with await Postgres.connect(any_database.dsn, Settings()) as postgres:
        assert "PostgreSQL" in await ask(postgres, "SELECT version()")
        assert await ask(postgres, "SELECT count(*) FROM pg_class") > 100
        assert await ask(postgres, "SELECT count(*) FROM own") == 0


async def test_nobodys_operators_stand_in_the_way_of_the_first_statements(any_database: Any) -> None:
    """They would run on every comparison of texts, from the first statement of a session on."""
    any_database.execute(
        "CREATE SCHEMA evil; CREATE TABLE evil.seen (at timestamptz);"
        "CREATE FUNCTION evil.same(text, text) RETURNS boolean LANGUAGE plpgsql AS "
        "$$ BEGIN INSERT INTO evil.seen VALUES (now()); RETURN true; END $$;"
        "CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.same);"
        "CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS 'SELECT $1';"
        "CREATE FUNCTION evil.current_setting(text) RETURNS text LANGUAGE sql AS 'SELECT $1'"
    )
    any_database.execute(f"ALTER DATABASE {any_database.name} SET search_path = evil, public, pg_catalog")
    async with await Postgres.connect(any_database.dsn, Settings()) as postgres, postgres.session() as session:
        assert await session.rows("SELECT current_setting('transaction_read_only') AS it") == [{"it": "on"}]
        assert await session.rows("SELECT relname FROM pg_class WHERE relname::text = 'no such'::text") == []


async def test_an_empty_search_path_works(any_database: Any) -> None:
    any_database.execute(f"ALTER DATABASE {any_database.name} SET search_path = ''")
    async with await Postgres.connect(any_database.dsn, Settings()) as postgres:
        assert await ask(postgres, "SELECT 1") == 1


async def test_unusual_types_do_not_stop_it(strong: Postgres) -> None:
    row = """SELECT 'infinity'::timestamptz a, '4000-01-01 BC'::date b, '{}'::aclitem[] c, 'x'::tsvector d, row(1, 2) e,
        '24:00'::time f, '1 mon'::interval g, 'nan'::numeric h, point(1, 2) i, b'101' j, '[1,2)'::int4range k, '5'::xid l,
        '1.2.3.4/8'::inet m, '\\x00ff'::bytea n, '<a/>'::xml o, 'infinity'::timestamp p, '1'::pg_lsn::text q"""
    async with strong.session() as session:
        found = await session.row(row.replace("'1'::pg_lsn::text", "'0/1'::pg_lsn"))
    assert found is not None
    assert found["a"] == "infinity"
    assert found["f"] == "24:00:00"
    assert found["n"] == b"\x00\xff"


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
async def test_other_encodings(any_postgres: Any, encoding: str) -> None:
    name = f"enc_{encoding.lower()}_{any_postgres.major}"
    any_postgres.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'")
    try:
        any_postgres.execute("CREATE TABLE t (x text); INSERT INTO t VALUES (E'\\xfc')", name)
        async with await Postgres.connect(any_postgres.dsn_of(name), Settings()) as postgres:
            assert await ask(postgres, "SELECT x FROM t") == ("\ufffd" if encoding == "SQL_ASCII" else "ü")
    finally:
        any_postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def test_the_trace_can_be_run_again(strong: Postgres) -> None:
    trace: list[str] = []
    async with strong.session(trace) as session:
        await session.rows("SELECT %s::text AS x, %s::text[] AS y", ("it's 100%", ["a'", "b"]))
    found = (await ask(strong, trace[0]), trace)
    assert found == ("it's 100%", [trace[0]])
    assert "%s" not in trace[0]


async def test_a_cancelled_task_leaves_no_query(strong: Postgres, any_database: Any) -> None:
    async def work() -> None:
        await ask(strong, "SELECT pg_sleep(600)")

    running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600)%' AND state = 'active'"
    with psycopg.connect(any_database.dsn, autocommit=True) as other:

        async def count(wanted: int) -> None:
            async with asyncio.timeout(20):
                while (other.execute(running).fetchone() or (0,))[0] != wanted:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)

        task = asyncio.create_task(work())
        await count(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await count(0)
    assert await ask(strong, "SELECT 1") == 1


async def test_a_server_that_goes_away_is_named(strong: Postgres, any_database: Any) -> None:
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dbcrew'"
    with psycopg.connect(any_database.dsn, autocommit=True) as other:
        with pytest.raises(EngineDied, match="went away"):  # noqa: PT012
            async with strong.session() as session:
                await session.value("SELECT 1")
                other.execute(kill)
                await session.value("SELECT pg_sleep(5)")
        assert await ask(strong, "SELECT 1") == 1
        other.execute(kill)  # while it lies idle: the next session opens a new one
        assert await ask(strong, "SELECT 1") == 1


async def test_more_work_than_connections_waits(strong: Postgres) -> None:
    found = await asyncio.gather(*(ask(strong, f"SELECT {n} FROM pg_sleep(0.05)") for n in range(20)))
    assert found == list(range(20))


async def test_faults_are_sorted(strong: Postgres) -> None:
    for statement, error in (
        ("SELEC 1", MalformedSql),
        ("SELECT * FROM nowhere", UnknownObject),
        ("SELECT nothing FROM t", UnknownObject),
        ("SELECT * FROM no.where", UnknownObject),
        ("SELECT 1 / 0", InputError),
    ):
        with pytest.raises(error):
            await ask(strong, statement)
    with pytest.raises(InputError) as caught:
        await ask(strong, "SELECT 'my secret value'::int")
    assert "secret" not in str(caught.value)


async def test_a_message_that_the_server_did_not_understand_is_no_lost_server(strong: Postgres) -> None:
    with pytest.raises(InputError, match="bind message"):
        await ask(strong, "SELECT $1")
    assert await ask(strong, "SELECT 1") == 1
