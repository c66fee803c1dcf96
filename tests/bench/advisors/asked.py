"""The advisors, each asked in its own way, each in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from advisors.peers import REQUIRED, Missing, python
from advisors.world import World, workload_file

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).parent
_PEAK = (
    "import resource,subprocess,sys;c=subprocess.run(sys.argv[2:]).returncode;"
    "open(sys.argv[1],'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss));sys.exit(c)"
)
_PATIENCE_S = 1200
_ADVICE = 1
"""The exit code of ours when there is something to create."""
_ROUND_MS = 30_000
"""The most a statement may take in the round that pg_qualstats watches."""


@dataclass(frozen=True)
class Answer:
    """The statements that an advisor would have run, its seconds and its peak resident megabytes."""

    ddl: list[str] = field(default_factory=list)
    seconds: float | None = None
    peak_mb: float | None = None
    note: str = ""


class NoAnswer(Exception):
    """An advisor that ended without advice."""


Ask = Callable[[World], Answer]


def advisors(peers: Path | None, seconds: float, storage: str) -> dict[str, Ask]:
    """Who is asked, in the order of the table's columns."""
    found: dict[str, Ask] = {
        "expert": lambda world: Answer(list(world.expert), note="written by hand: wallet_expert.sql, tpch/expert.sql"),
        "ours": partial(_ours, seconds=seconds, storage=storage),
        "pg_qualstats": _qualstats,
    }
    if peers is not None:
        for name in REQUIRED:
            found[name] = partial(_peer, folder=peers, name=name)
    return found


def _ours(world: World, seconds: float, storage: str) -> Answer:
    file = workload_file(world)
    command = [sys.executable, "-m", "agents", "advise", "--dsn", world.reader_dsn, "--workload", str(file), "--json"]
    out, spent, peak = _run([*command, "--time", str(seconds), "--storage", storage, "-v"], cwd=ROOT)
    file.unlink()
    answer = json.loads(out)
    ddl = [statement for index in answer["indexes"] for statement in index["ddl"].split(";\n")]
    ddl += [each["ddl"] for each in answer["statistics"]]
    notes = [*answer["notes"], *(f"slower: {each}" for each in answer["slower"])]
    return Answer(ddl, spent, peak, f"estimated with {answer['how']}. " + " ".join(notes))


def _qualstats(world: World) -> Answer:
    """pg_qualstats' own index advisor, after one round of the workload with it recording everything."""
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_qualstats_reset()")
        connection.execute("SET pg_qualstats.enabled = on")
        connection.execute(f"SET statement_timeout = {_ROUND_MS}")
        connection.execute("SET pg_qualstats.sample_rate = 1")
        for query in world.queries:
            for text in query.texts:
                with suppress(psycopg.errors.QueryCanceled):
                    connection.execute(text)  # type: ignore[call-overload]
        connection.execute("SET pg_qualstats.enabled = off")
        connection.execute("RESET statement_timeout")
        began = time.perf_counter()
        row = connection.execute(
            "SELECT pg_qualstats_index_advisor(min_filter => 100, min_selectivity => 5)"
        ).fetchone()
        spent = time.perf_counter() - began
    assert row is not None
    ddl = [each if isinstance(each, str) else each["ddl"] for each in row[0]["indexes"]]
    return Answer(
        ddl, spent, None, "asked after a round of the workload with sample_rate = 1; that round is not counted"
    )


def _peer(world: World, folder: Path, name: str) -> Answer:
    """A peer's own code over the same statements, driven by tests/bench/advisors/<name>.py in its environment."""
    try:
        interpreter = python(folder, name)
    except Missing as error:
        raise NoAnswer(str(error)) from error
    dsn = make_conninfo(world.reader_dsn, options=f"-csearch_path={world.schema},public")
    file = workload_file(world)
    texts = file.with_suffix(".json")
    texts.write_text(json.dumps([text for query in world.queries for text in query.texts]))
    out, spent, peak = _run([str(interpreter), str(HERE / f"{name}.py"), dsn, str(texts)], cwd=HERE)
    file.unlink()
    texts.unlink()
    answer = json.loads(out.splitlines()[-1])
    if answer["note"] and not answer["ddl"]:
        raise NoAnswer(answer["note"])
    return Answer(answer["ddl"], spent, peak, answer["note"])


def _run(command: list[str], cwd: Path) -> tuple[str, float, float]:
    with tempfile.NamedTemporaryFile() as peak:
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", _PEAK, peak.name, *command],
            cwd=cwd, stdout=subprocess.PIPE, text=True, timeout=_PATIENCE_S, env=os.environ, check=False,
        )  # fmt: skip
        spent = time.perf_counter() - began
        kilobytes = float(Path(peak.name).read_text() or 0)
    if done.returncode not in (0, _ADVICE):
        raise NoAnswer(f"it ended with exit code {done.returncode}")
    return done.stdout, spent, kilobytes / 1024
