"""What programs may rely on: one JSON object that fits its schema, exit codes, and nothing but the answer on stdout."""

import json

import pytest
import typer
from typer.testing import CliRunner

from agents.__main__ import app
from agents.commands import COMMANDS

SLOW = "why is this slow: SELECT * FROM shop.orders WHERE customer_id = 17 ORDER BY placed_at DESC LIMIT 20"
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
NO_STATE = {"DBCREW_STATE_DSN": NOWHERE}


def paths():
    for name, command in COMMANDS.items():
        if isinstance(command, typer.Typer):
            for each in command.registered_commands:
                yield name, str(each.name)
        else:
            yield (name,)


@pytest.mark.parametrize("path", list(paths()), ids=" ".join)
def test_every_command_explains_itself_and_takes_json_and_v(path):
    said = CliRunner().invoke(app, [*path, "--help"])
    assert said.exit_code == 0
    assert said.stdout.startswith("Usage: ")
    if path != ("test",):
        assert "--json" in said.stdout
        assert "-v, --verbose" in said.stdout


@pytest.mark.parametrize("path", [path for path in paths() if path != ("test",)], ids=" ".join)
def test_an_unknown_option_is_bad_usage(path):
    said = CliRunner().invoke(app, [*path, "--nonsense"])
    assert (said.exit_code, said.stdout) == (2, "")


@pytest.mark.parametrize("path", [path for path in paths() if path != ("test",)], ids=" ".join)
def test_v_may_stand_before_the_command(path):
    before, after = (
        " ".join(CliRunner().invoke(app, [*first, *path, "--help"]).stdout.split()).count("[default: True]")
        for first in ([], ["-v"])
    )
    assert after == before + 1


def test_consult(shop, fits):
    said = shop.p3("consult", SLOW, "--dsn", shop.reader, "--json")
    assert said.code == 1, "the foreign key without an index is a finding"
    fits(said.json, "consult")
    assert [each["kind"] for each in said.json["proposals"]] == ["index"]
    assert said.json["status"] == "done"
    case = said.json["case"]
    assert {each["case"] for each in shop.logged("consult") if each["event"] == "tool"} == {case}
    cases = shop.p3("cases", "--json")
    fits(cases.json, "cases")
    assert cases.code == 0
    assert (cases.json[0]["case"], cases.json[0]["status"]) == (case, "done")
    audit = shop.p3("audit", "verify", "--json")
    fits(audit.json, "audit")
    assert (audit.code, audit.json["ok"], audit.json["broken_at"]) == (0, True, None)
    assert audit.json["records"] >= len(said.json["evidence"])


def test_health(shop, fits):
    said = shop.p3("health", "--dsn", shop.reader, "--json")
    fits(said.json, "health")
    assert said.code == 1
    found = {(each["code"], each["object"]) for each in said.json["findings"]}
    assert ("foreign-key-without-index", "shop.orders.customer_id") in found


def test_advise(shop, fits, tmp_path):
    file = tmp_path / "workload.sql"
    file.write_text("SELECT * FROM shop.orders WHERE customer_id = 17 ORDER BY placed_at DESC LIMIT 20;\n")
    said = shop.p3("advise", "--dsn", shop.reader, "--workload", str(file), "--time", "10", "--json")
    assert said.code == 1
    fits(said.json, "advise")
    assert said.json["indexes"]
    assert said.json["how"] == "copy"


def test_advise_with_hypopg(shop15, fits, tmp_path):
    file = tmp_path / "workload.sql"
    file.write_text("SELECT * FROM shop.orders WHERE customer_id = 17 ORDER BY placed_at DESC LIMIT 20;\n")
    said = shop15.p3("advise", "--dsn", shop15.reader, "--workload", str(file), "--time", "10", "--json")
    assert said.code == 1
    fits(said.json, "advise")
    assert said.json["indexes"]


@pytest.mark.parametrize(
    ("up", "verdict", "code"),
    [
        ("CREATE TABLE shop.notes (id bigint PRIMARY KEY);", "safe", 0),
        ("ALTER TABLE shop.orders ALTER COLUMN total TYPE text;", None, 1),
    ],
)
def test_rehearse(shop, fits, tmp_path, up, verdict, code):
    file = tmp_path / "up.sql"
    file.write_text(up)
    said = shop.p3("rehearse", str(file), "--dsn", shop.reader, "--json")
    fits(said.json, "rehearse")
    assert said.code == code
    assert (said.json["verdict"] == "safe") == (verdict == "safe")


def test_guard(shop, fits, tmp_path):
    file = tmp_path / "statements.jsonl"
    file.write_text('{"id": 1, "sql": "SELECT 1"}\n{"id": "two", "sql": "DELETE FROM shop.orders"}\nnonsense\n')
    said = shop.p3("guard", str(file), "--json")
    answers = [json.loads(line) for line in said.out.splitlines()]
    for answer in answers:
        fits(answer, "guard")
    assert [(each["id"], each["allowed"], each["effect"]) for each in answers] == [
        (1, True, "read"),
        ("two", False, "write"),
        (None, False, "unknown"),
    ]
    assert said.code == 1
    assert shop.p3("guard", stdin='{"id": 1, "sql": "SELECT 1"}\n').code == 0


def test_grant(shop, fits):
    said = shop.p3("grant", "--dsn", shop.owner, "--role", "printed_only", "--json")
    fits(said.json, "grant")
    assert said.code == 0
    assert said.json["role"] == "printed_only"
    assert ":" not in said.json["dsn"].removeprefix("postgresql://").partition("@")[0], "no password when none was set"


def test_env_status(shop, fits):
    said = shop.p3("env-status", "--json")
    fits(said.json, "env-status")
    assert said.code == 0


def test_world_load(shop, fits, database):
    said = shop.p3("world", "load", "f2", "--dsn", database.dsn, "--healthy", "--json")
    fits(said.json, "world")
    assert (said.code, said.json["faults"]) == (0, [])
    assert said.json["rows"]["transactions"] == 40_000


def test_engines(shop, fits):
    for act, state in (("up", "up"), ("status", "up"), ("down", "down")):
        engines = shop.p3("engines", act, "--json")
        fits(engines.json, "engines")
        assert engines.code == 0
        assert {each["state"] for each in engines.json} == {state}


@pytest.mark.parametrize(
    "arguments",
    [
        ("consult", SLOW, "--dsn", NOWHERE),
        ("health", "--dsn", NOWHERE),
        ("advise", "--dsn", NOWHERE, "--statements"),
        ("rehearse", "-", "--dsn", NOWHERE),
        ("grant", "--dsn", NOWHERE),
        ("world", "load", "f2", "--dsn", NOWHERE),
        ("cases",),
        ("audit", "verify"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_unreachable_is_3_in_one_line(shop, arguments):
    said = shop.said_by(*arguments, stdin="SELECT 1;", **NO_STATE)
    assert (said.code, said.out) == (3, "")
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert "127.0.0.1" in said.err


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (("consult", SLOW), ""),
        (("consult", SLOW, "--dsn", "nonsense"), ""),
        (("consult", "…", "--dsn", "READER"), ""),
        (("consult", SLOW, "--role", "king", "--dsn", "READER"), ""),
        (("consult", "-", "--dsn", "READER"), "x" * 300_000),
        (("consult", SLOW, "--dsn", "OWNER"), ""),
        (("health", "--dsn", "OWNER"), ""),
        (("health", "--dsn", "nonsense"), ""),
        (("advise", "--dsn", "READER"), ""),
        (("advise", "--dsn", "READER", "--statements", "--storage", "much"), ""),
        (("advise", "--dsn", "READER", "--workload", "/nonexistent"), ""),
        (("rehearse", "--dsn", "READER"), ""),
        (("rehearse", "/nonexistent", "--dsn", "READER"), ""),
        (("rehearse", "-", "--dsn", "READER"), "ALTER TABEL shop.orders ADD x int;"),
        (("guard", "/nonexistent"), ""),
        (("grant", "--dsn", "OWNER", "--schema", "nonexistent"), ""),
        (("world", "load", "huge"), ""),
        (("engines", "up", "nonsense"), ""),
        (("cases", "local#99"), ""),
        (("cases", "--stop"), ""),
        (("demo", "--scope", "huge"), ""),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, tuple) else None,
)
def test_bad_input_is_2_in_one_line(shop, arguments, stdin):
    dsns = {"READER": shop.reader, "OWNER": shop.owner}
    said = shop.said_by(*(dsns.get(each, each) for each in arguments), stdin=stdin)
    assert (said.code, said.out) == (2, ""), said.err
    assert said.err.splitlines()[-1].startswith("error: ")
    assert said.err.count("error:") == 1


@pytest.mark.parametrize(
    ("arguments", "code"), [(("cases",), 3), (("engines", "up", "nonsense"), 2), (("consult", SLOW, "--nonsense"), 2)]
)
def test_a_process_ends_as_its_command_does(shop, arguments, code):
    said, inside = (run(*arguments, **NO_STATE) for run in (shop.p3, shop.said_by))
    assert (said.code, said.out, said.err) == (code, "", inside.err)


def test_a_bad_setting_is_named(shop):
    said = shop.p3("cases", DBCREW_RESULT_ROWS="many")
    assert said.code == 2
    assert "DBCREW_RESULT_ROWS cannot be many" in said.err


def test_v_shows_the_log_on_stderr_and_leaves_stdout_alone(shop):
    quiet = shop.p3("audit", "verify", "--json")
    for arguments in (("-v", "audit", "verify", "--json"), ("audit", "verify", "--json", "-v")):
        said = shop.p3(*arguments)
        assert said.json == quiet.json
        assert " ended seconds=" in said.err
    assert quiet.err == ""
    assert [each["event"] for each in shop.logged("audit-verify")][-3:] == ["ended"] * 3


def test_a_full_log_folder_stops_nothing(shop, tmp_path):
    (tmp_path / "logs").write_text("no folder")
    said = shop.p3("cases", "--json", DBCREW_BUILD_DATA=str(tmp_path))
    assert said.code == 0
    assert isinstance(said.json, list)
    assert said.err.startswith("from here on nothing is logged")
    assert said.err.count("\n") == 1
