"""`./p3 health`: what it prints and how it ends."""

import json
import subprocess
import sys

from common.directories import ROOT
from tests.live.health.conftest import Server


def p3(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agents", "health", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_findings_in_both_forms(server: Server, database: str) -> None:
    healthy = p3("--json", "--dsn", server.reader(database))
    # These servers run with fsync off, which is worth an exit code of its own.
    assert healthy.returncode == 1
    answer = json.loads(healthy.stdout)
    assert set(answer) == {"findings", "not_checked", "elapsed_s"}
    finding = answer["findings"][0]
    assert {"code", "severity", "object", "summary", "evidence", "remedy"} <= set(finding)
    assert finding["evidence"] == ["E1"]
    assert finding["summary"] == "fsync is off: a crash can destroy the whole cluster"
    assert all(set(each) == {"code", "needs"} for each in answer["not_checked"])
    text = p3("--dsn", server.reader(database))
    assert "CRITICAL (2)" in text.stdout
    assert "ALTER SYSTEM SET fsync = on;" in text.stdout
    assert text.stderr == ""


def test_ends(server: Server) -> None:
    strong = p3("--dsn", server.cluster.dsn)
    assert strong.returncode == 2
    assert "./p3 grant" in strong.stderr
    assert p3("--dsn", "postgresql://nobody@127.0.0.1:1/none").returncode == 3
    assert p3("--dsn", "postgresql://nobody@[").returncode == 2
