"""./p3 guard: JSON lines in, JSON lines out."""

import json
import subprocess
import sys
from pathlib import Path

from common.directories import ROOT


def run(*args: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "agents", "guard", *args], cwd=ROOT, input=stdin, capture_output=True, check=False
    )


def test_answers_every_line_and_goes_on() -> None:
    lines = [
        b'{"id": 1, "sql": "SELECT 1"}',
        b"not json",
        b"",
        b'{"id": "b", "sql": "DELETE FROM t"}',
        b"[1]",
        b'{"id": 4}',
        b'{"id": 5, "sql": 7}',
        b'{"id": 6, "sql": "SELECT 1\\u0000; DROP TABLE t"}',
        b"\xff\xfe",
        b'{"id": null, "sql": "SELECT frm 1 2"}',
        b'{"id": 8, "sql": "SELECT 2"}',
    ]
    done = run(stdin=b"\n".join(lines))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert done.stderr == b""
    assert [(a["id"], a["allowed"], a["code"]) for a in answers] == [
        (1, True, "ok"),
        (None, False, "bad-line"),
        ("b", False, "write"),
        (None, False, "bad-line"),
        (4, False, "bad-line"),
        (5, False, "bad-line"),
        (6, False, "malformed"),
        (None, False, "bad-line"),
        (None, False, "malformed"),
        (8, True, "ok"),
    ]
    assert all(list(a) == ["id", "allowed", "effect", "code", "reason"] and a["reason"] for a in answers)


def test_exit_codes(tmp_path: Path) -> None:
    file = tmp_path / "statements.jsonl"
    file.write_text('{"id": 1, "sql": "SELECT 1"}\n')
    assert run(str(file), "--json").returncode == 0
    file.write_text('{"id": 1, "sql": "DROP TABLE t"}\n')
    assert run(str(file)).returncode == 1
    for missing in (tmp_path / "nothing", tmp_path):
        done = run(str(missing))
        assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert run("-").returncode == 0


def test_a_long_line_is_answered_and_the_next_one_too() -> None:
    long = b'{"id": 1, "sql": "' + b"x" * 10_000_000 + b'"}\n{"id": 2, "sql": "SELECT 1"}\n'
    done = run(stdin=long)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(a["id"], a["code"]) for a in answers] == [(None, "bad-line"), (2, "ok")]


def test_answers_while_the_input_is_still_open() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "agents", "guard"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b'{"id": 1, "sql": "SELECT 1"}\n')
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["allowed"]
        process.stdin.close()
    assert process.returncode == 0
