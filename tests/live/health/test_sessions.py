"""What shows only while sessions are at it."""

import time
from collections.abc import Iterator

import psycopg
import pytest

from tests.live.health.conftest import Look, Server, told

AT_ONCE = {"idle_s": 0, "transaction_s": 0, "blocked_s": 0, "prepared_s": 0}


@pytest.fixture
def table(server: Server, database: str) -> str:
    server.run(
        database, "CREATE SCHEMA s; CREATE TABLE s.t (id int PRIMARY KEY, a int); INSERT INTO s.t VALUES (1, 1);"
    )
    return database


@pytest.fixture
def session(server: Server, table: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(server.cluster.dsn_of(table)) as connection:
        yield connection


def waits(server: Server, database: str, sessions: int) -> bool:
    """Wait until so many sessions wait for a lock; False when they never do."""
    with psycopg.connect(server.cluster.dsn_of(database), autocommit=True) as watcher:
        for _ in range(500):
            row = watcher.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
            if row and row[0] >= sessions:
                return True
            time.sleep(0.02)
    return False


async def test_an_idle_transaction(server: Server, table: str, session: psycopg.Connection, look: Look) -> None:
    session.execute("SELECT 1 FROM s.t")
    assert told(await look(server.reader(table), **AT_ONCE)) == {("idle-in-transaction", table)}
    assert told(await look(server.reader(table))) == set()
    session.rollback()
    assert told(await look(server.reader(table), **AT_ONCE)) == set()


async def test_a_long_statement(server: Server, table: str, session: psycopg.Connection, look: Look) -> None:
    import threading

    thread = threading.Thread(target=lambda: _quietly(session, "SELECT pg_sleep(60)"))
    thread.start()
    try:
        with psycopg.connect(server.cluster.dsn_of(table), autocommit=True) as watcher:
            for _ in range(500):
                row = watcher.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'").fetchone()
                if row and row[0]:
                    break
                time.sleep(0.02)
        assert told(await look(server.reader(table), **AT_ONCE)) == {("long-transaction", table)}
        assert told(await look(server.reader(table))) == set()
    finally:
        session.cancel_safe()
        thread.join()


async def test_a_blocked_session(server: Server, table: str, session: psycopg.Connection, look: Look) -> None:
    import threading

    session.execute("LOCK TABLE s.t IN ACCESS EXCLUSIVE MODE")
    with psycopg.connect(server.cluster.dsn_of(table)) as other:
        thread = threading.Thread(target=lambda: _quietly(other, "SELECT 1 FROM s.t"))
        thread.start()
        try:
            assert waits(server, table, 1)
            health = await look(
                server.reader(table), blocked_s=0, idle_s=0, codes=["blocked-sessions", "idle-in-transaction"]
            )
            assert told(health) == {("blocked-sessions", "s.t"), ("idle-in-transaction", table)}
            blocked = next(each for each in health.findings if each.code == "blocked-sessions")
            assert str(session.info.backend_pid) in blocked.remedy
        finally:
            session.rollback()
            thread.join()


async def test_a_lock_hides_no_other_check(server: Server, table: str, session: psycopg.Connection, look: Look) -> None:
    """A table under an exclusive lock can only cost the checks that would have had to open it."""
    server.run(table, "CREATE TABLE s.other (a int); INSERT INTO s.other VALUES (1);")
    session.execute("LOCK TABLE s.t IN ACCESS EXCLUSIVE MODE")
    server.run(table, "GRANT USAGE ON SCHEMA s TO health_reader")
    health = await look(server.reader(table))
    assert ("no-primary-key", "s.other") in told(health)
    session.rollback()


async def test_a_prepared_transaction(server: Server, table: str, session: psycopg.Connection, look: Look) -> None:
    session.execute("INSERT INTO s.t VALUES (2, 2)")
    session.execute("PREPARE TRANSACTION 'left''s'")
    session.commit()
    try:
        health = await look(server.reader(table), prepared_s=0)
        assert told(health) == {("prepared-transaction-orphaned", table)}
        assert told(await look(server.reader(table))) == set()
    finally:
        server.run(table, "ROLLBACK PREPARED 'left''s'")


async def test_many_connections(server: Server, table: str, look: Look) -> None:
    held = [psycopg.connect(server.reader(table), autocommit=True) for _ in range(101)]
    try:
        health = await look(server.reader(table))
        assert told(health) == {("connections-near-limit", "max_connections"), ("pooler-missing", "max_connections")}
    finally:
        for each in held:
            each.close()


async def test_fewer_connections(server: Server, table: str, look: Look) -> None:
    """Seventy of 117: neither connections-near-limit nor pooler-missing."""
    held = [psycopg.connect(server.reader(table), autocommit=True) for _ in range(70)]
    try:
        assert told(await look(server.reader(table), codes=["connections-near-limit", "pooler-missing"])) == set()
    finally:
        for each in held:
            each.close()


async def test_an_application_as_superuser(server: Server, table: str, look: Look) -> None:
    held = [psycopg.connect(server.cluster.dsn_of(table), autocommit=True) for _ in range(3)]
    try:
        assert told(await look(server.reader(table))) == {("app-role-superuser", "postgres")}
        held.pop().close()
        for _ in range(200):
            health = await look(server.reader(table), codes=["app-role-superuser"])
            if not health.findings:
                break
        assert told(health) == set()
    finally:
        for each in held:
            each.close()


async def test_deadlocks(server: Server, table: str, look: Look) -> None:
    import threading

    server.run(table, "INSERT INTO s.t VALUES (2, 2)")
    server.run("postgres", f"ALTER DATABASE {table} SET deadlock_timeout = '10ms'")
    for number in range(1, 7):
        with psycopg.connect(server.cluster.dsn_of(table)) as one, psycopg.connect(server.cluster.dsn_of(table)) as two:
            one.execute("UPDATE s.t SET a = 0 WHERE id = 1")
            two.execute("UPDATE s.t SET a = 0 WHERE id = 2")
            thread = threading.Thread(target=lambda: _quietly(one, "UPDATE s.t SET a = 0 WHERE id = 2"))
            thread.start()
            assert waits(server, table, 1)
            _quietly(two, "UPDATE s.t SET a = 0 WHERE id = 1")
            two.rollback()
            thread.join()
            one.rollback()
        if number == 4:
            assert told(await look(server.reader(table), codes=["deadlocks"])) == set()
    assert told(await look(server.reader(table), codes=["deadlocks"])) == {("deadlocks", table)}


def _quietly(connection: psycopg.Connection, statement: str) -> None:
    try:
        connection.execute(statement.encode())
    except psycopg.Error:
        connection.rollback()
