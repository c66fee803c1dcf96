"""What a set of indexes does to a workload: its time, its size, what inserts cost."""

import json
import math
import statistics
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psycopg

from advisors.world import World, strip

_RUNS = 5
_SLOW_MS = 400.0
_LONG_MS = 10_000.0
_LIMIT_MS = 60_000
_NOISE_MS = 0.1
SLOWER = 1.10
_ROUNDS = 3


@dataclass
class Outcome:
    """One column of the table. Milliseconds by statement; bytes; seconds."""

    name: str
    ddl: list[str] = field(default_factory=list)
    ms: dict[str, float] = field(default_factory=dict)
    size: int = 0
    indexes: int = 0
    inserts_ms: float = 0.0
    advisor_s: float | None = None
    advisor_mb: float | None = None
    note: str = ""
    refused: list[str] = field(default_factory=list)
    """Advice that PostgreSQL does not take, with its words."""


def kept(file: Path | None) -> dict[str, Outcome]:
    """What earlier parts of the run measured, by advisor."""
    if file is None or not file.exists():
        return {}
    return {name: Outcome(**each) for name, each in json.loads(file.read_text()).items()}


def keep(file: Path | None, outcomes: dict[str, Outcome]) -> None:
    """Write down what was measured so far."""
    if file is not None:
        file.write_text(json.dumps({name: asdict(each) for name, each in outcomes.items()}))


def weighted(world: World, outcome: Outcome) -> float:
    """Milliseconds of one round of the workload, each statement as often as the application calls it."""
    return sum(query.weight * outcome.ms[query.name] for query in world.queries)


def speed_up(before: Outcome, after: Outcome) -> float:
    """Geometric mean of how many times faster each statement is."""
    return math.exp(statistics.fmean(math.log(before.ms[name] / after.ms[name]) for name in before.ms))


def slower(before: Outcome, after: Outcome) -> list[str]:
    """Statements that take a tenth longer, beyond what is noise."""
    return [name for name, ms in before.ms.items() if after.ms[name] > SLOWER * ms and after.ms[name] - ms > _NOISE_MS]


def measure(world: World, name: str, ddl: list[str]) -> Outcome:
    """Build the indexes, run the workload and the inserts, and drop them again."""
    outcome = Outcome(name, ddl)
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        before = _indexes(connection, world.schema)
        outcome.refused = _build(connection, world, ddl)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
        after = _indexes(connection, world.schema)
        outcome.size = sum(after.values()) - sum(before.values())
        outcome.indexes = len(after) - len(before)
        for query in world.queries:
            outcome.ms[query.name] = statistics.fmean(_timed(connection, text) for text in query.texts)
        outcome.inserts_ms = _inserts(connection, world)
        strip(connection, world.schema)
        connection.execute("VACUUM")
    return outcome


def again(world: World, outcome: Outcome) -> None:
    """Time the statements once more, those of many seconds aside, and keep the better time: within minutes a machine gets
    slower or faster by a third."""
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        _build(connection, world, outcome.ddl)
        connection.execute("VACUUM ANALYZE")
        for query in world.queries:
            if outcome.ms[query.name] < _LONG_MS:
                found = statistics.fmean(_timed(connection, text) for text in query.texts)
                outcome.ms[query.name] = min(outcome.ms[query.name], found)
        strip(connection, world.schema)


def _build(connection: psycopg.Connection[tuple[object, ...]], world: World, ddl: list[str]) -> list[str]:
    refused = []
    connection.execute(f"SET search_path = {world.schema}, public")  # some advisors leave the schema out
    for statement in ddl:
        try:
            connection.execute(statement.replace(" CONCURRENTLY", ""))  # type: ignore[call-overload]
        except psycopg.DatabaseError as error:
            refused.append(f"{statement}: {error.diag.message_primary}")
    connection.execute("RESET search_path")
    return refused


def _timed(connection: psycopg.Connection[tuple[object, ...]], text: str) -> float:
    """The server's own execution time of the fastest run, in milliseconds."""
    best = math.inf
    connection.execute(f"SET statement_timeout = {_LIMIT_MS}")
    for _ in range(_RUNS):
        try:
            row = connection.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {text}").fetchone()  # type: ignore[arg-type]
        except psycopg.errors.QueryCanceled:
            best = min(best, float(_LIMIT_MS))
            break
        assert row is not None
        spent = float(row[0][0]["Execution Time"])  # type: ignore[index]
        best = min(best, spent)
        if spent > _SLOW_MS:
            break
    connection.execute("RESET statement_timeout")
    return best


def _inserts(connection: psycopg.Connection[tuple[object, ...]], world: World) -> float:
    """Milliseconds of 20,000 inserts, rolled back: the fastest of three rounds."""
    best = math.inf
    for _ in range(_ROUNDS):
        connection.execute("BEGIN")
        spent = 0.0
        for statement in world.inserts:
            began = time.perf_counter()
            connection.execute(statement)
            spent += (time.perf_counter() - began) * 1000
        connection.execute("ROLLBACK")
        best = min(best, spent)
    return best


def _indexes(connection: psycopg.Connection[tuple[object, ...]], schema: str) -> dict[str, int]:
    rows = connection.execute(
        "SELECT c.relname, pg_relation_size(c.oid) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relkind = 'i'",
        (schema,),
    ).fetchall()
    return {str(name): int(size) for name, size in rows}  # type: ignore[call-overload]
