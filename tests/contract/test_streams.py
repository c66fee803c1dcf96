"""Standard streams that are closed, full or of few characters, and names that a terminal would obey."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agents import console
from common.directories import ROOT

STATEMENT = '{"id": 1, "sql": "SELECT 1"}'


def ended(command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env={**os.environ, "PYTHON": sys.executable, **variables},
        input=STATEMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_an_empty_one(closed):
    said = ended(f'"$PYTHON" -m agents guard {closed}')
    assert (said.returncode, said.stderr) == (0, "")
    said = ended(f'"$PYTHON" -m agents cases --help {closed}')
    assert (said.returncode, said.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_behind_stdout_is_said():
    said = ended('"$PYTHON" -m agents env-status --json > /dev/full')
    assert said.returncode == 3
    assert said.stderr.startswith("error: No space left in the file that standard output goes to")
    assert said.stderr.count("\n") == 1


@pytest.mark.parametrize("value", ["müde · 🙂", "half \udcff"])
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_json_reaches_streams_of_any_encoding(monkeypatch, value, encoding):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding, errors="backslashreplace"))
    console.emit({"value": value}, True, str)
    assert json.loads(raw.getvalue().decode(encoding)) == {"value": value}


def test_text_reaches_a_stream_of_few_characters():
    said = ended('"$PYTHON" -m agents env-status', PYTHONIOENCODING="ascii", LC_ALL="C")
    assert said.returncode == 0
    assert said.stderr == ""


def test_what_a_terminal_would_obey_is_shown(capsys):
    console.emit(
        None, False, lambda: "\x1b[31mred\x1b[0m a\x1b]0;title\x07\x1b[2Jb\u202ec\n\td é 👩\u200d💻", coloured=True
    )
    assert capsys.readouterr().out == (
        "\x1b[31mred\x1b[0m a⟨U+001B⟩]0;title⟨U+0007⟩⟨U+001B⟩[2Jb⟨U+202E⟩c\n\td é 👩\u200d💻\n"
    )
    console.emit(None, False, lambda: "table zz\x1b[8mhidden")
    assert capsys.readouterr().out == "table zz⟨U+001B⟩[8mhidden\n"
    console.progress("copying \x1b[2J\x1b[8mx")
    assert capsys.readouterr().err == "copying ⟨U+001B⟩[2J⟨U+001B⟩[8mx\n"
