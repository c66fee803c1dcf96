"""Workloads and surroundings nobody hopes for: bad files, odd relations, far too much, a full disk."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
GOOD = "SELECT id, total FROM app.orders WHERE customer_id = 5"
RELATIONS = """
CREATE TABLE app.hollow (id int, v int);
CREATE TABLE app.parts (id int NOT NULL, at date NOT NULL, v int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE app.parts_1 PARTITION OF app.parts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE app.parts_2 PARTITION OF app.parts FOR VALUES FROM ('2026-02-01') TO ('2026-04-01');
INSERT INTO app.parts SELECT g, date '2026-01-01' + g % 80, g FROM generate_series(1, 40000) AS g;
CREATE VIEW app.recent AS SELECT id, customer_id, at FROM app.orders WHERE state <> 'void';
CREATE MATERIALIZED VIEW app.sums AS
    SELECT customer_id AS who, count(*) AS many, max(at) AS last FROM app.orders GROUP BY 1;
CREATE EXTENSION postgres_fdw;
CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '{port}', dbname '{database}');
CREATE USER MAPPING FOR PUBLIC SERVER loop OPTIONS (user '{role}', password 'reads-only');
CREATE FOREIGN TABLE app.far (id bigint, customer_id int) SERVER loop OPTIONS (schema_name 'app', table_name 'orders');
CREATE EXTENSION file_fdw;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE app.lines (line text) SERVER files OPTIONS (filename '/etc/hostname', format 'text');
GRANT SELECT ON ALL TABLES IN SCHEMA app TO {role};
ANALYZE app.hollow, app.parts, app.sums;
"""
EVERY_KIND = {
    "hollow": "SELECT * FROM app.hollow WHERE v = 5",
    "parts": "SELECT * FROM app.parts WHERE v = 5",
    "view": "SELECT * FROM app.recent WHERE customer_id = 7 ORDER BY at DESC LIMIT 3",
    "matview": "SELECT many FROM app.sums WHERE who = 7",
    "far": "SELECT * FROM app.far WHERE customer_id = 5",
    "mixed": "SELECT f.id FROM app.far AS f JOIN app.customers AS c ON c.id = f.customer_id WHERE c.code = 'Code7'",
    "file": "SELECT * FROM app.lines WHERE line = 'x'",
    "temp": "SELECT * FROM pg_temp.mine WHERE v = 3",
    "catalogue": "SELECT relname FROM pg_class WHERE relpages = 5",
    "insert": "INSERT INTO app.hollow VALUES (1, 2)",
    "nothing": "SELECT 1",
}


@pytest.fixture(scope="module")
def every_kind(shop: Any) -> Any:
    from urllib.parse import urlsplit

    port = urlsplit(shop.database.dsn).port
    shop.database.execute(RELATIONS.format(port=port, database=shop.database.name, role=shop.role))
    return shop


def why_not(answer: Any) -> dict[str, str]:
    return {each["statement"]: each["why"] for each in answer["not_helped"]}


async def test_one_bad_statement_is_named_with_its_line_and_the_rest_advised_on(shop: Any, advise: Any) -> None:
    text = (
        f"{GOOD};\n\n-- the next one is wrong\nSELECT nonsense FROM;\nSELECT nix FROM app.orders WHERE nix = 1;\n"
        "SELECT * FROM app.nothing_there;\nSELECT 'a\0b' FROM app.orders;\n"
        f"SELECT {'+' * 2000}1;\nSELECT id FROM app.customers WHERE code = 'Code9';\nDROP TABLE app.orders;\n"
    )
    answer = await advise(shop.reader, text, "--time", "15")
    why = list(why_not(answer).values())
    for line in (4, 5, 6, 7, 8, 10):
        assert any(each.startswith(f"line {line}: ") for each in why), (line, why)
    made = " ".join(each["ddl"] for each in answer["indexes"])
    assert "app.orders (customer_id" in made
    assert "app.customers (code" in made


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
async def test_a_weight_that_is_none_is_named(shop: Any, advise: Any) -> None:
    answer = await advise(shop.reader, f"-- weight: nan\n{GOOD}", "--time", "5")
    assert any(note.startswith("line 1: weight nan ") for note in answer["notes"])
    assert len(answer["indexes"]) == 1


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
async def test_huge_and_tiny_weights_are_just_numbers(shop: Any, advise: Any) -> None:
    text = f"-- weight: 1e12\n{GOOD};\n-- weight: 1e-12\nSELECT id FROM app.customers WHERE code = 'Code9'"
    answer = await advise(shop.reader, text, "--time", "15")
    assert "app.orders (customer_id" in answer["indexes"][0]["ddl"]
    assert answer["cost"]["after"] < 0.1 * answer["cost"]["before"]
    assert len(answer["measured"]) == 2


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no statement"),
        (b"-- only a comment\n;;\n/* and another */", "no statement"),
        (bytes(range(256)) * 20, "no UTF-8"),
        (f"{GOOD};\nSELECT 'Malm\u00f6'".encode("latin-1"), "no UTF-8 text (line 2)"),
        (GOOD.encode("utf-16"), "no UTF-8"),
    ],
)
async def test_a_file_that_is_no_workload_is_refused_in_one_line(
    shop: Any, command: Any, tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "workload.sql"
    file.write_bytes(content)
    answer = await command("advise", "--dsn", shop.reader, "--workload", str(file))
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
async def test_a_byte_order_mark_is_no_statement(shop: Any, advise: Any) -> None:
    answer = await advise(shop.reader, GOOD.encode("utf-8-sig"), "--time", "5")
    assert len(answer["indexes"]) == 1


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
@pytest.mark.parametrize("text", ["SELECT 1; SELECT now()", "INSERT INTO app.fresh VALUES (1, 2); VACUUM; BEGIN"])
async def test_nothing_to_advise_on_is_said(shop: Any, advise: Any, text: str) -> None:
    answer = await advise(shop.reader, text, "--time", "5")
    assert (answer["indexes"], answer["how"]) == ([], "none")
    assert len(answer["not_helped"]) == text.count(";") + 1
    assert all(each["why"] for each in answer["not_helped"])


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
async def test_explain_before_a_statement_is_no_matter(shop: Any, advise: Any) -> None:
    answer = await advise(shop.reader, f"EXPLAIN (ANALYZE, BUFFERS) {GOOD}", "--time", "5")
    assert "app.orders (customer_id" in answer["indexes"][0]["ddl"]


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
async def test_a_statement_that_never_ends_is_stopped_and_named(shop: Any, advise: Any) -> None:
    endless = "SELECT count(*) FROM app.orders a, app.orders b, app.orders c WHERE a.total < b.total + c.total"
    series = "SELECT count(*) FROM app.customers, generate_series(1, 1000000000) AS g WHERE city = 'c7'"
    answer = await advise(shop.reader, f"{GOOD};\n{endless};\n{series}", "--time", "10")
    assert any("app.orders (customer_id" in each["ddl"] for each in answer["indexes"])
    said = " ".join([*why_not(answer).values(), *answer["notes"]])
    assert "it takes longer than the time limit of one run" in said
    assert [each["statement"] for each in answer["measured"]] == [GOOD]


async def test_each_kind_of_relation_is_advised_on_or_named(every_kind: Any, advise: Any) -> None:
    answer = await advise(every_kind.reader, ";\n".join(EVERY_KIND.values()), "--time", "30")
    made = " ".join(each["ddl"] for each in answer["indexes"])
    assert "ON ONLY app.parts" in made
    assert "ATTACH PARTITION" in made
    assert "app.orders (customer_id" in made
    assert "ON app.sums" in made
    why = why_not(answer)
    for kind in ("hollow", "far", "file", "temp", "catalogue", "insert", "nothing"):
        assert EVERY_KIND[kind] in why, kind
    assert "foreign table" in why[EVERY_KIND["far"]]
    assert "foreign table" in why[EVERY_KIND["file"]]
    (mixed,) = [each for each in answer["indexes"] if "app.customers" in each["ddl"]]
    assert "code" in mixed["ddl"]
    assert any(mixed["ddl"].split()[3] in note and "by rule" in note for note in answer["notes"])
    measured = {each["statement"] for each in answer["measured"]}
    assert {EVERY_KIND[kind] for kind in ("hollow", "parts", "view", "matview")} <= measured


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
async def test_a_join_of_sixty_tables(shop: Any, advise: Any) -> None:
    shop.database.execute(
        "CREATE SCHEMA IF NOT EXISTS app;"
        + "".join(
            f"CREATE TABLE app.j{n} AS SELECT g AS id, g AS next, g % 50 AS v FROM generate_series(1, 3000) AS g;"
            for n in range(60)
        )
        + f"ANALYZE; GRANT SELECT ON ALL TABLES IN SCHEMA app TO {shop.role}"
    )
    joined = "".join(f" JOIN app.j{n} ON j{n}.id = j{n - 1}.next" for n in range(1, 60))
    listed = ", ".join(f"app.j{n}" for n in range(60))
    chain = " AND ".join(f"j{n}.id = j{n - 1}.next" for n in range(1, 60))
    text = f"SELECT j59.v FROM app.j0{joined} WHERE j0.id = 7;\nSELECT j59.id FROM {listed} WHERE {chain} AND j0.id = 8"
    try:
        answer = await advise(shop.reader, f"{text};\n{GOOD}", "--time", "60")
    finally:
        shop.database.execute("".join(f"DROP TABLE app.j{n};" for n in range(60)))
    assert any("app.orders (customer_id" in each["ddl"] for each in answer["indexes"])
    about = {*why_not(answer), *(each["statement"] for each in answer["measured"])}
    about |= {use["statement"] for each in answer["indexes"] for use in each["statements"]}
    assert {" ".join(each.split()) for each in text.split(";\n")} <= about


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
async def test_five_thousand_statements(shop: Any, advise: Any) -> None:
    one = "SELECT c{0} FROM (SELECT id AS c{0} FROM app.orders WHERE customer_id = {0}) AS x"
    text = "".join(f"-- weight: {n}\n{one.format(n)};\n" for n in range(1, 5001))
    answer = await advise(shop.reader, text, "--time", "15")
    assert "app.orders (customer_id" in answer["indexes"][0]["ddl"]
    unread = [each for each in answer["not_helped"] if "heaviest statements" in each["why"] or "to read" in each["why"]]
    assert len(unread) >= 4700
    measured = {each["statement"] for each in answer["measured"]}
    named = {use["statement"] for each in answer["indexes"] for use in each["statements"]}
    not_run = [note for note in answer["notes"] if note.startswith("not run on the copy: ")]
    assert len(measured | named | set(why_not(answer))) + len(not_run) >= 5000
    assert one.format(5000) in measured


class Disk:
    """A small file system for build_data."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder, self.environment = folder, {"DBCREW_BUILD_DATA": str(folder / "data")}
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(folder)], check=True)

    def fill(self, leave: int = 0) -> None:
        with (self.folder / "ballast").open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 65_536)
        os.truncate(self.folder / "ballast", max(0, (self.folder / "ballast").stat().st_size - leave))


@pytest.fixture
def disk() -> Iterator[Any]:
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = Path(tempfile.mkdtemp(prefix="dbcrew-disk-"))
    made: list[Disk] = []

    def make(megabytes: int) -> Disk:
        try:
            made.append(Disk(folder, megabytes))
        except subprocess.CalledProcessError:
            pytest.skip("this machine lets nobody mount a file system")
        return made[0]

    yield make
    if made:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
async def test_no_room_for_a_copy(shop: Any, advise: Any, disk: Any) -> None:
    """Refused before anything starts; the likeliest indexes are named all the same, and said to be untried."""
    answer = await advise(shop.reader, GOOD, "--time", "10", **disk(250).environment)
    assert answer["how"] == "none"
    (index,) = answer["indexes"]
    assert "app.orders (customer_id" in index["ddl"]
    assert (index["build_ms"], index["statements"][0]["after_ms"]) == (None, None)
    (needs,) = [each["needs"] for each in answer["missing"] if "copy" in each["what"]]
    assert "No space left" in needs
    assert any("by rule" in note for note in answer["notes"])


@pytest.mark.parametrize("any_postgres", [15], indirect=True)
async def test_hypopg_advises_where_there_is_no_room_for_a_copy(shop: Any, advise: Any, disk: Any) -> None:
    shop.database.execute("CREATE EXTENSION hypopg")
    try:
        answer = await advise(shop.reader, GOOD, "--time", "10", **disk(250).environment)
    finally:
        shop.database.execute("DROP EXTENSION hypopg")
    assert answer["how"] == "hypopg"
    assert "app.orders (customer_id" in answer["indexes"][0]["ddl"]
    assert answer["cost"]["after"] < answer["cost"]["before"]
    assert answer["measured"] == []
    assert any("copy" in each["what"] and "No space left" in each["needs"] for each in answer["missing"])


@pytest.mark.parametrize("any_postgres", [18], indirect=True)
@pytest.mark.parametrize("word", ["copying rows", "building candidate 1", "running the statements"])
async def test_the_disk_fills_while_the_copy_is_at_work(shop: Any, disk: Any, tmp_path: Path, word: str) -> None:
    """However far it had come: an answer, what was missing named, and nothing left behind."""
    small = disk(1500)
    file = tmp_path / "workload.sql"
    file.write_text(f"{GOOD};\nSELECT id FROM app.customers WHERE lower(code) = 'code7'")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agents", "advise", "--dsn", shop.reader, "--workload", str(file), "--json", "-v",
        cwd=ROOT, env={**os.environ, **small.environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    read = b""
    while word.encode() not in read:
        line = await process.stderr.readline()
        assert line, read
        read += line
    await asyncio.to_thread(small.fill)
    out, err = await process.communicate()
    assert b"Traceback" not in read + err
    assert process.returncode == 1, (read + err).decode()
    answer = json.loads(out)
    assert any("app.orders (customer_id" in each["ddl"] for each in answer["indexes"])
    if answer["how"] == "none":
        assert any("copy" in each["what"] for each in answer["missing"])
        assert any("by rule" in note for note in answer["notes"])
    assert not list((small.folder / "data" / "engines" / "copies").glob("*"))
