"""`./p3 advise` as programs call it: one JSON object as contract.md says, and exit codes."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

ROOT = Path(__file__).resolve().parents[3]
NAMES = {"indexes", "drops", "statistics", "not_helped", "measured", "cost", "values_used", "how", "elapsed_s"}


async def p3(*args: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agents", "advise", *args, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
def reader(database15: Any) -> str:
    """The DSN of a role that may only read, on a server with HypoPG."""
    with psycopg.connect(database15.dsn, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION hypopg")
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL)")
        connection.execute("INSERT INTO t SELECT g, g % 5000 FROM generate_series(1, 50000) AS g")
        connection.execute("ANALYZE t")
        connection.execute(f"CREATE ROLE r_{database15.name} LOGIN PASSWORD 'reads-only'")
        connection.execute(f"GRANT SELECT ON t TO r_{database15.name}")
    return make_conninfo(database15.dsn, user=f"r_{database15.name}", password="reads-only", passfile="")


async def test_one_object_as_the_contract_says(reader: str, tmp_path: Path) -> None:
    file = tmp_path / "workload.sql"
    file.write_text("-- weight: 3\nSELECT id FROM t WHERE v = 7;\nSELECT nonsense FROM;\nSELECT count(*) FROM t;\n")
    code, out, err = await p3("--dsn", reader, "--workload", str(file), "--time", "20", "--json")
    assert code == 1, err
    answer = json.loads(out)
    assert set(answer) >= NAMES
    (index,) = answer["indexes"]
    assert set(index) >= {"ddl", "kind", "size_bytes", "build_ms", "write_cost", "statements", "why"}
    assert index["size_bytes"] > 0
    assert index["build_ms"] > 0
    assert index["statements"][0]["after_ms"] < index["statements"][0]["before_ms"]
    assert answer["cost"]["after"] < answer["cost"]["before"]
    assert answer["how"] == "hypopg"
    assert any("line 3" in each["why"] for each in answer["not_helped"])


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["--workload", "no-such-file.sql"], 2, "Cannot read"),
        ([], 2, "One source of statements"),
        (["--statements"], 1, "pg_stat_statements"),
        (["--statements", "--storage", "plenty"], 2, "is no size"),
    ],
)
async def test_bad_input_is_one_line(reader: str, args: list[str], code: int, said: str) -> None:
    got, out, err = await p3("--dsn", reader, *args)
    assert (got, out) == (code, "")
    assert said in err
    assert err.count("\n") == 1


async def test_no_server_is_exit_code_3() -> None:
    code, _, err = await p3("--dsn", "postgresql://x@127.0.0.1:1/x", "--statements")
    assert code == 3
    assert "Traceback" not in err


async def test_statements_come_from_the_servers_own_count(reader: str, database15: Any) -> None:
    with psycopg.connect(database15.dsn, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
        connection.execute(f"GRANT pg_read_all_stats TO r_{database15.name}")
        for value in range(5):
            connection.execute("SELECT id FROM t WHERE v = %s", (value,))
    code, out, err = await p3("--dsn", reader, "--statements", "--time", "20", "--json")
    assert code == 1, err
    answer = json.loads(out)
    assert [each["kind"] for each in answer["indexes"]] in (["single"], ["covering"])
    assert all(each["value"] != "NULL" and each["source"] for each in answer["values_used"])
    mine = [each for each in answer["values_used"] if each["statement"] == "SELECT id FROM t WHERE v = $1"]
    assert [each["parameter"] for each in mine] == ["$1"]


async def test_a_role_that_may_read_nothing_is_told_so(reader: str, database15: Any, tmp_path: Path) -> None:
    database15.execute(
        "CREATE SCHEMA shut; CREATE TABLE shut.bills (id int, v int); INSERT INTO shut.bills VALUES (1, 1)"
    )
    file = tmp_path / "workload.sql"
    file.write_text("SELECT id FROM shut.bills WHERE v = 7;\nSELECT id FROM bills WHERE v = 8;\n")
    code, out, err = await p3("--dsn", reader, "--workload", str(file), "--time", "10")
    assert (code, err) == (2, "")
    assert "Nothing could be looked at" in out
    assert "No index helps" not in out
    assert f'GRANT USAGE ON SCHEMA "shut" TO "r_{database15.name}"' in out
    file.write_text("SELECT id FROM bills WHERE v = 8;\n")
    code, out, _ = await p3("--dsn", reader, "--workload", str(file), "--time", "10", "--json")
    assert code == 2
    assert json.loads(out)["indexes"] == []


async def test_what_is_not_the_applications_is_left_out_of_its_statements(reader: str, database15: Any) -> None:
    with psycopg.connect(database15.dsn, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
        connection.execute(f"GRANT pg_read_all_stats TO r_{database15.name}")
        connection.execute("SELECT count(*) FROM t WHERE v = 8")
        connection.execute("SELECT relname FROM pg_attrdef, pg_class")
        connection.execute("SELECT count(*) FROM information_schema.tables")
        connection.execute("SELECT oid FROM pg_type WHERE typname = 'text'")
    with psycopg.connect(reader, autocommit=True) as connection:
        connection.execute("SELECT max(v) FROM t WHERE id > 5")
    code, out, err = await p3("--dsn", reader, "--statements", "--time", "10", "--json")
    assert code == 1, err
    answer = json.loads(out)
    assert "max(v)" not in out
    assert "pg_type" not in out
    assert [note for note in answer["notes"] if note.startswith("left out of pg_stat_statements: ")]
