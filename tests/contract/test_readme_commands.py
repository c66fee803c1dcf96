"""README's own words, typed by a newcomer with a database of their own and no state store yet."""

import json
import os
import re
import subprocess
import sys

import pytest

from common.directories import ROOT

README = (ROOT / "README.md").read_text()
ORDERS = """
CREATE EXTENSION pg_stat_statements;
CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, placed_at timestamptz NOT NULL);
INSERT INTO customers SELECT n, 'c' || n || '@shop.example' FROM generate_series(1, 1000) AS n;
INSERT INTO orders SELECT n, 1 + (n * 7919) % 1000, timestamptz '2026-01-01 00:00+00' + n * interval '1 minute'
FROM generate_series(1, 20000) AS n;
"""


def lines(first: str) -> list[str]:
    """The command lines of the block that begins with these words."""
    blocks = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    (block,) = [each for each in blocks if each.startswith(first)]
    return block.splitlines()


@pytest.fixture
def typed(database, tmp_path):
    """`typed(line)`: the line in bash, in a folder where ./p3 is; exit code, stdout, stderr. Variables last."""
    database.execute(ORDERS)
    database.execute("VACUUM ANALYZE")
    for customer in range(20):
        database.execute(f"SELECT * FROM orders WHERE customer_id = {customer}")
    (tmp_path / "p3").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m agents "$@"\n')
    (tmp_path / "p3").chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "ADMIN": database.dsn}
    environment.pop("DBCREW_STATE_DSN", None)

    def run(line: str, **variables: str) -> tuple[int, str, str]:
        environment.update(variables)
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout, done.stderr

    # Up for the whole test: each command would start and stop it for itself, as a newcomer's do.
    assert run("./p3 engines up state")[0] == 0
    yield run
    assert run("./p3 engines down state")[0] == 0


def test_from_grant_to_audit(typed, database, tmp_path):
    grant, consult, health = lines("READER=")
    code, reader, said = typed(f"{grant}\necho $READER")
    assert code == 0, said
    code, comment, said = typed(consult, READER=reader.strip())
    assert code == 1, said
    assert "CREATE INDEX CONCURRENTLY" in comment
    code, found, said = typed(health)
    assert code == 1, said
    assert "foreign-key-without-index" in found

    (tmp_path / "question.md").write_text("Is the index orders_pkey useful?\n")
    (tmp_path / "up.sql").write_text("ALTER TABLE orders ADD COLUMN note text;\n")
    (tmp_path / "down.sql").write_text("ALTER TABLE orders DROP COLUMN note;\n")
    asked, rehearsed, advised, again, _, drilled = lines("./p3 consult question.md")
    code, answer, said = typed(asked)
    assert code in (0, 1), said
    assert json.loads(answer)["status"] in ("done", "partial")
    code, verdict, said = typed(rehearsed)
    assert verdict.splitlines()[0] in ("SAFE", "CAREFUL"), said
    code, advice, said = typed(advised)
    assert code == 1, said  # there is something to create
    assert json.loads(advice)["how"] in ("hypopg", "copy"), advice + said
    assert any("(customer_id)" in each["ddl"] for each in json.loads(advice)["indexes"]), advice
    code, _, said = typed(again)
    assert code == 0, said

    dump = tmp_path / "orders.dump"
    program = database.server.cluster.install.program("pg_dump")
    subprocess.run([program, "-d", database.dsn, "-Fc", "-f", dump], check=True, timeout=60)
    code, drill, said = typed(drilled, DUMP=str(dump))
    assert code in (0, 1), said
    assert "20,000" in drill

    assert typed("./p3 audit verify")[0] == 0
    code, cases, _ = typed("./p3 cases --json")
    assert code == 0
    assert [each["status"] for each in json.loads(cases)].count("done") >= 1

    printed, guarded, _ = lines("./p3 grant --dsn")
    code, sql, _ = typed(printed)
    assert code == 0
    assert "GRANT" in sql
    code, judged, _ = typed(guarded)
    assert code == 1
    assert json.loads(judged)["allowed"] is False
