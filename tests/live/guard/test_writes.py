"""What the guard allows changes nothing: run as superuser, in autocommit, with a detector behind it."""

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Server
from tests.live.guard import grammar
from tools.postgres.guard import judge

HERE = Path(__file__).parent
LOOK = (HERE / "detector.sql").read_text(encoding="utf-8").encode()
CANARY = "canary-7f3a9c"
BATCH = 200
Connection = psycopg.Connection[tuple[object, ...]]

CALLABLE = b"""
SELECT p.proname, array_remove(array_agg(t.typname::text ORDER BY a.n), NULL)
FROM pg_proc AS p
LEFT JOIN LATERAL unnest(p.proargtypes) WITH ORDINALITY AS a (type, n) ON true
LEFT JOIN pg_type AS t ON t.oid = a.type
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype
GROUP BY p.oid, p.proname
ORDER BY p.oid
"""


class Detector:
    """A database with everything there is to change, a superuser's session to run statements in, and one to look with."""

    def __init__(self, server: Server) -> None:
        database = server.new_database()
        self._drop = database.drop
        self._statement = ""
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            for statement in (HERE / "planted.sql").read_text(encoding="utf-8").replace(";\n", ";\n\0").split("\0"):
                connection.execute(statement.encode())
            folder = connection.execute("SHOW data_directory").fetchone()
        assert folder is not None
        self._canary = Path(str(folder[0])) / grammar.SECRET_FILE
        self._canary.write_text(CANARY, encoding="utf-8")
        self._canary.chmod(0o644)
        self.dsn = database.dsn
        self.bystander = psycopg.connect(self.dsn, application_name="bystander", autocommit=True)
        self.looker = psycopg.connect(self.dsn, autocommit=True)
        self.runner = self._connect()
        self.accept()

    def _connect(self) -> Connection:
        # Unprepared: psycopg then uses the simple protocol, which lets several statements in one string run.
        connection = psycopg.connect(self.dsn, autocommit=True, prepare_threshold=None)
        connection.execute("SET statement_timeout = '300ms'")
        connection.execute("SET lock_timeout = '100ms'")
        return connection

    def _settings(self, connection: Connection) -> object:
        found = connection.execute(
            "SELECT md5(string_agg(concat(name, setting), ',' ORDER BY name)), current_setting('app.x', true),"
            " (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors), pg_my_temp_schema(),"
            " (SELECT count(*) FROM pg_listening_channels()) FROM pg_settings"
        )
        return found.fetchone()

    def look(self) -> dict[str, object]:
        """The state of everything, by its name."""
        return {str(row[0]): row[1] for row in self.looker.execute(LOOK).fetchall()}

    def run(self, sql: str) -> str | None:
        """Run one statement; what it leaked, if anything."""
        try:
            with self.runner.cursor() as cursor:
                cursor.execute(sql.encode())
                shown = str(cursor.fetchall()) if cursor.description else ""
        except psycopg.Error as error:
            assert not self.runner.closed, f"the session died of: {sql}"
            shown = str(error)
        leaks = [word for word in (CANARY, "SCRAM-SHA-256$", "precious") if word in shown]
        return f"{sql} shows {leaks}" if leaks else None

    def changed(self) -> list[str]:
        """What differs from the beginning."""
        now = self.look()
        things = [name for name in self.before | now if self.before.get(name) != now.get(name)]
        return [*things, *(["session"] if self._settings(self.runner) != self.session else [])]

    def check(self, statements: list[str]) -> None:
        """Run what the guard allows of these; then nothing may have changed. Names the culprit when something has."""
        allowed = [sql for sql in statements if judge(sql).allowed]
        for sql in allowed:
            leak = self.run(sql)
            assert leak is None, leak
        if things := self.changed():
            for sql in allowed:
                self.accept()
                self.run(sql)
                culprit = self.changed()
                assert not culprit, f"allowed, and changes {culprit}: {sql}"
            pytest.fail(f"{things} changed, but by no single statement of these: {allowed}")

    def accept(self) -> None:
        """Take what is there now as the beginning."""
        self.before, self.session = self.look(), self._settings(self.runner)

    def close(self) -> None:
        for connection in (self.runner, self.looker, self.bystander):
            connection.close()
        self._canary.unlink()
        self._drop()


@pytest.fixture(scope="module", params=["postgres18", "postgres15"])
def detector(request: pytest.FixtureRequest) -> Iterator[Detector]:
    server: Server = request.getfixturevalue(request.param)
    with server.alone():
        found = Detector(server)
        yield found
        found.close()


@pytest.fixture(scope="module")
def overloads(detector: Detector) -> list[tuple[str, list[str]]]:
    """Every function of the server with the types of its arguments."""
    return [(str(name), list(types)) for name, types in detector.looker.execute(CALLABLE).fetchall()]  # type: ignore[call-overload]


WRITES = [
    "SELECT evil(1)",
    "SELECT ('x'::text).evil_text",
    "SELECT 2 OPERATOR(shop.+) 2",
    "SELECT nextval('victim_seq')",
    "SELECT lo_create(0)",
    "SELECT txid_current()",
    "SELECT set_config('app.x', 'y', false)",
    "SELECT set_config('work_mem', '1234kB', false)",
    "SELECT pg_advisory_lock(1)",
    "SELECT * FROM victim FOR UPDATE",
    "SELECT query_to_xml('SELECT nextval(''victim_seq'')', true, true, '')",
    "SELECT pg_stat_reset()",
    "SELECT pg_stat_statements_reset()",
    "SELECT pg_reload_conf()",
    "SELECT pg_read_file('canary.txt')",
    "SELECT table_to_xml('pg_authid', true, true, '')",
    "SELECT lo_get(4711)",
    "SELECT pg_create_physical_replication_slot('dbcrew_guard')",
    "SELECT pg_drop_replication_slot('dbcrew_guard')",
    "SELECT pg_terminate_backend((SELECT max(pid) FROM pg_stat_activity WHERE application_name = 'bystander'), 1000)",
    "SET work_mem = '4321kB'",
    "LISTEN x",
    "PREPARE p AS SELECT 1",
    "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
    "CREATE TEMP TABLE x ()",
    "SELECT 1; DELETE FROM victim",
]


def test_the_detector_sees_each_kind_of_change(postgres18: Server) -> None:
    """A detector that cannot fail proves nothing: what the guard refuses here is run all the same, and must show."""
    found = Detector(postgres18)
    try:
        for sql in WRITES:
            assert not judge(sql).allowed
            leak = found.run(sql)
            # Configuration is read again, and a session ended, a moment later.
            deadline = time.monotonic() + 10
            while not (seen := leak or found.changed()) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert seen, sql
            found.accept()
    finally:
        found.close()


def test_every_function_that_is_allowed_changes_nothing(
    detector: Detector, overloads: list[tuple[str, list[str]]]
) -> None:
    """Every overload on the server, called with constants it can do something with."""
    random = Random(0)
    calls = [f"SELECT {grammar.call(random, name, types)}" for _ in range(2) for name, types in overloads]
    for start in range(0, len(calls), BATCH):
        detector.check(calls[start : start + BATCH])


def test_generated_statements_change_nothing(detector: Detector, overloads: list[tuple[str, list[str]]]) -> None:
    """10,000 statements on each of the two servers."""
    seen = {"allowed": 0, "refused": 0}

    @settings(max_examples=10_000 // BATCH, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 2**32))
    def batches(seed: int) -> None:
        random = Random(seed)
        some = [grammar.call(random, *random.choice(overloads)) for _ in range(100)]
        calls = [*grammar.READ_CALLS * 4, *grammar.WRITE_CALLS, *some]
        statements = [grammar.statement(random, calls) for _ in range(BATCH)]
        for sql in statements:
            seen["allowed" if judge(sql).allowed else "refused"] += 1
        detector.check(statements)

    batches()
    assert min(seen.values()) > 2_000, seen
