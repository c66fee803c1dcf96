"""kill -9 at random moments: every case ends answered, once, and nothing is left running or lying about.

DBCREW_KILLS says how many cases are killed in the middle (200 for the full proof; fewer by default, because CI has other
work too). A kill that came after the case had ended does not count: the next case makes up for it.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import psutil
import psycopg

from common import directories

KILLS = int(os.environ.get("DBCREW_KILLS", "24"))
QUESTIONS = (
    "Is the index orders_placed_at_idx useful? ({})",
    "Health check of `shop.orders` please, number {}",
    "why is this slow: SELECT * FROM shop.orders WHERE customer_id = {} ORDER BY placed_at DESC LIMIT 20",
)


class Victim:
    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.flow.victim"],
            cwd=directories.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._line() == "ready"

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def ask(self, text: str, dsn: str, killed_after: float | None = None) -> int:
        """The exit code of a process that asks; -9 when it was killed in time."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"text": text, "dsn": dsn}) + "\n")
        self._process.stdin.flush()
        pid = int(self._line())
        if killed_after is not None:
            time.sleep(killed_after)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return int(self._line())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


def test_every_killed_case_is_answered_once(shop):
    chance = random.Random(20261121)
    victim, again = Victim(), 0
    before = _servers(), _copies()
    lasts_s = [_seconds(victim, QUESTIONS[kind].format(-1 - kind), shop.reader) for kind in range(len(QUESTIONS))]
    killed: list[str] = []
    asked: list[str] = []
    while len(killed) < KILLS:
        assert len(asked) < 4 * KILLS, "the kills come too late to prove anything"
        kind = 2 if len(asked) % 8 == 7 else len(asked) % 2
        asked.append(QUESTIONS[kind].format(len(asked)))
        if victim.ask(asked[-1], shop.reader, chance.uniform(0.02, lasts_s[kind])) == -signal.SIGKILL:
            killed.append(asked[-1])
            if chance.random() < 0.3:
                again += victim.ask(asked[-1], shop.reader, chance.uniform(0.02, lasts_s[kind])) == -signal.SIGKILL
    begun = len(_rows(shop, "SELECT DISTINCT case_id FROM dbcrew.evidence"))
    unfinished = [text for text in asked if _unfinished(shop, text)]
    for text in unfinished:
        # The same text goes on with its case when it was killed, and is asked anew when it had been answered.
        assert victim.ask(text, shop.reader) == 0
    victim.close()
    print(
        f"\n{len(asked)} cases, {len(killed)} of them killed in the middle ({again} twice), {len(unfinished)} of those "
        f"before their answer was out; {begun} had evidence by then"
    )
    cases = _rows(shop, "SELECT id, status FROM dbcrew.cases WHERE request->>'parent' = ''")
    assert len(cases) >= len(asked)
    left = _rows(
        shop,
        "SELECT c.*, i.* FROM dbcrew.cases c JOIN dbcrew.issues i ON c.id = 'local#' || i.number"
        " WHERE request->>'parent' = '' AND status NOT IN ('done', 'partial', 'needs_approval')",
    )
    assert not left, left
    comments = dict(_rows(shop, "SELECT marker, count(*) FROM dbcrew.comments GROUP BY 1"))
    assert all(comments[case] == 1 for case, _ in cases)
    keys = _rows(
        shop, 'SELECT case_id, key, count(*) FROM dbcrew.evidence WHERE record LIKE \'%"status":"ok"%\' GROUP BY 1, 2'
    )
    assert all(count == 1 for _, _, count in keys), "a finished tool call was repeated"
    deadline = time.monotonic() + 30
    while _servers() - before[0] and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not _servers() - before[0], "a server of a copy is still running"
    assert not _copies() - before[1], "the folder of a copy is left"


def _seconds(victim: Victim, text: str, dsn: str) -> float:
    """How long a case of this kind takes here when nobody kills it."""
    began = time.monotonic()
    assert victim.ask(text, dsn) == 0
    return time.monotonic() - began


def _unfinished(shop, text: str) -> bool:
    rows = _rows(
        shop, "SELECT 1 FROM dbcrew.issues WHERE open AND parent IS NULL AND title || body LIKE %s", f"%{text[:60]}%"
    )
    return bool(rows) or not _rows(shop, "SELECT 1 FROM dbcrew.issues WHERE title || body LIKE %s", f"%{text[:60]}%")


def _rows(shop, statement: str, *values: object) -> list[tuple]:
    with psycopg.connect(shop.state) as connection:
        return connection.execute(statement.encode(), values or None).fetchall()


def _servers() -> set[int]:
    """Servers of copies below this run's own folder (those of the fixtures are such, too)."""
    place = str(directories.engines() / "copies")
    return {
        one.pid for one in psutil.process_iter(["name"]) if one.info["name"] == "postgres" and place in _command(one)
    }


def _copies() -> set[str]:
    return {one.name for one in (directories.engines() / "copies").glob("*") if one.is_dir()}


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
