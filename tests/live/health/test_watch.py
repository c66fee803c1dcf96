"""`./p3 health --watch`: what changed from look to look, over a server that comes and goes."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from queue import Queue

import pytest

from agents.rounds import changes
from common.directories import ROOT
from common.engines.copies import open_copy
from common.findings import Finding, Severity
from tests.live.health.conftest import CAREFUL, PASSWORD, READER, Server


class Watcher:
    """The command at work, its lines as they come."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "agents", "health", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.lines: Queue[str] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line)

    def look(self):
        """The next line, as an object."""
        return json.loads(self.lines.get(timeout=60))

    def until(self, wanted):
        """The first look that is as wanted."""
        for _ in range(60):
            seen = self.look()
            if wanted(seen):
                return seen
        raise AssertionError("never seen")

    def end(self, kind: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        self.process.send_signal(kind)
        self.process.wait(30)
        assert self.process.stderr
        return self.process.returncode, self.process.stderr.read()


@pytest.fixture
def own(build_data) -> Iterator[Server]:
    """A server that a test may stop."""
    use, cluster = open_copy(18, {**CAREFUL, "fsync": "on", "full_page_writes": "on"})
    try:
        made = Server(cluster, 18)
        made.run("postgres", f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'; GRANT pg_monitor TO {READER};")
        yield made
    finally:
        use.leave()


def test_new_and_gone_and_a_restart(own: Server) -> None:
    watcher = Watcher("--dsn", own.reader("postgres"), "--json", "--watch", "1")
    try:
        first = watcher.look()
        assert {"at", "look", "findings", "not_checked", "elapsed_s", "new", "gone", "worse", "better"} == set(first)
        assert first["look"] == 1
        assert not any(one["severity"] != "info" for one in first["findings"] if one["code"] != "checksums-off")
        own.run("postgres", "CREATE TABLE keyless (a int); INSERT INTO keyless VALUES (1); ANALYZE keyless;")
        place = {"code": "no-primary-key", "object": "public.keyless"}
        assert place in watcher.until(lambda seen: seen["new"])["new"]
        own.cluster.stop()
        assert "unreachable" in watcher.until(lambda seen: "unreachable" in seen)
        own.cluster.start()
        back = watcher.until(lambda seen: "unreachable" not in seen)
        assert place not in back["new"]
        own.run("postgres", "DROP TABLE keyless")
        assert place in watcher.until(lambda seen: seen.get("gone"))["gone"]
    finally:
        code, said = watcher.end()
    assert (code, said) == (0, "")


def test_text_and_sigterm(own: Server) -> None:
    own.run("postgres", "CREATE TABLE keyless (a int); INSERT INTO keyless VALUES (1);")
    watcher = Watcher("--dsn", own.reader("postgres"), "--watch", "1")
    while "no change" not in watcher.lines.get(timeout=60):
        pass
    assert watcher.end(signal.SIGTERM) == (1, "")


def test_the_first_look_must_succeed() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "agents", "health", "--dsn", "postgresql://nobody@127.0.0.1:1/x", "--watch"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 3
    assert ended.stderr.startswith("error: ")


def test_worse_and_better() -> None:
    low, high = (
        Finding(code="dead-tuples", severity=level, object="s.t", summary="") for level in (Severity.LOW, Severity.HIGH)
    )
    assert changes([low], [high]) == {"new": [], "gone": [], "worse": [high], "better": []}
    assert changes([high], [low]) == {"new": [], "gone": [], "worse": [], "better": [low]}
    assert changes([low], [low]) == {"new": [], "gone": [], "worse": [], "better": []}
