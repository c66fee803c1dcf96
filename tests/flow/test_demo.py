"""The main job as a person starts it: from nothing to the comment, in a build_data of its own."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from common.directories import ROOT

SCHEMA = json.loads((ROOT / "tests" / "schemas" / "consult.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """An empty build_data that the account of the servers may enter, too: pytest closes its own folders to others."""
    with tempfile.TemporaryDirectory(prefix="dbcrew-demo-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def demo(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DBCREW_BUILD_DATA": str(home)}
    environment.pop("DBCREW_STATE_DSN", None)
    return subprocess.run(
        [sys.executable, "-m", "agents", "demo", *options],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        timeout=900,
    )


@pytest.fixture(scope="module")
def first(home: Path) -> subprocess.CompletedProcess[str]:
    return demo(home, "--json")


@pytest.fixture(scope="module")
def second(home: Path, first: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    return demo(home)


def servers_of(home: Path) -> list[str]:
    """Command lines of processes that have something to do with that folder."""
    found = subprocess.run(["ps", "-eww", "-o", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in found.splitlines() if str(home) in line]


def test_json_is_as_the_contract_says_and_the_index_is_worth_it(first, home):
    assert first.returncode == 0, first.stderr
    said = json.loads(first.stdout)
    jsonschema.validate(said, SCHEMA)
    assert said["status"] == "done"
    indexes = [one for one in said["proposals"] if one["kind"] == "index"]
    assert len(indexes) == 1, said["comment"]
    index = indexes[0]
    assert index["gain"]["after_ms"] < 0.05 * index["gain"]["before_ms"]
    assert "wallet.transactions (wallet_id" in index["up"]
    assert index["down"]
    assert said["comment"].startswith("<!-- dbcrew:")


def test_progress_is_a_story(first):
    lines = first.stderr.splitlines()
    assert all(re.match(r" *\d+\.\d s  \S", line) for line in lines[:-1]), first.stderr
    story = [line.partition(" s  ")[2] for line in lines[:-1]]
    begins = ("starting", "sample world", "issue:", "triage:", "plan:", "architect:", "verify:", "publish:", "stopping")
    places = [next(place for place, line in enumerate(story) if line.startswith(word)) for word in begins]
    assert places == sorted(places)
    assert len(story) < 40
    assert re.search(r"sample world f2: [\d,]+ rows", first.stderr)
    assert "labelled agent:database" in first.stderr


def test_the_last_line_says_where_the_time_went(first, second):
    shape = r"total \S+ \S+; databases \S+ \S+; ours \S+ \S+ \(CPU time of this process\)"
    assert re.match(shape, first.stderr.splitlines()[-1])
    assert "making the sample world" in first.stderr.splitlines()[-1]
    assert "making the sample world" not in second.stderr.splitlines()[-1]


def test_less_than_300_mb_at_once(first, second):
    for run in (first, second):
        size, unit = re.search(r"peak memory (\S+) (\S+)$", run.stderr.strip()).groups()
        assert unit == "MB"
        assert float(size) < 300


def test_a_person_sees_the_issue_become_a_comment(second):
    assert second.returncode == 0, second.stderr
    text = second.stdout
    parts = (
        "labels: agent:database, state:answered",
        "Wallet history is slow",
        "FROM wallet.transactions",
        "Comment by the team",
        "Create the index below",
        "Before and after",
        "The migration",
        "CREATE INDEX",
        "Rollback",
        "DROP INDEX",
        "Risks",
        "Options weighed",
        "Seq Scan on wallet.transactions",
        "Index Scan on wallet.transactions",
        "Evidence",
        "With every statement: ./p3 cases local#",
    )
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert not re.search(r"</?details>|mermaid|flowchart|\x1b", text)
    assert len(text.splitlines()) < 150


def test_the_stored_comment_can_be_read_again(second, home):
    case = re.search(r"\./p3 cases (local#\d+)", second.stdout).group(1)
    environment = os.environ | {"DBCREW_BUILD_DATA": str(home)}
    environment.pop("DBCREW_STATE_DSN", None)
    shown = subprocess.run(
        [sys.executable, "-m", "agents", "cases", case], capture_output=True, text=True, cwd=ROOT, env=environment
    )
    assert shown.returncode == 0, shown.stderr
    words = " ".join(shown.stdout.split())
    findings = second.stdout.partition("Comment by the team")[2].partition("\nEvidence\n")[0]
    assert findings.split()
    assert " ".join(findings.split()) in words
    # The statements that the shorter comment promises here.
    assert "SELECT current_setting('server_version') AS server_version," in words
    assert re.search(r"EXPLAIN \(.*?\) SELECT .*? FROM wallet\.transactions", words)


def test_nothing_is_left_running(second, home):
    assert servers_of(home) == []
