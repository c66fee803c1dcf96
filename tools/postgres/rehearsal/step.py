"""One statement of a migration as it ran on the copy, and the locks it held there."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tools.postgres.rehearsal.clients import Wait
from tools.postgres.rehearsal.locks import MODES, Lock, Work
from tools.postgres.rehearsal.names import QualifiedName


@dataclass(frozen=True)
class Step:
    """One statement as it ran on the copy."""

    number: int
    sql: str
    ms: float
    locks: tuple[Lock, ...] = ()
    """Those that this statement took, not what its transaction held already."""
    tables: tuple[QualifiedName, ...] = ()
    """Tables on which its transaction holds a lock while it runs."""
    rewritten: tuple[QualifiedName, ...] = ()
    """Tables whose file was written anew."""
    built: tuple[QualifiedName, ...] = ()
    """Indexes that are new or were built anew."""
    scanned: tuple[QualifiedName, ...] = ()
    """Tables that were there before and were read from end to end; what a parallel index build reads `built` tells."""
    floor_ms: float = 0.0
    """What it takes on an empty table; 0 when that could not be tried."""
    least_ms: float | None = None
    """The least it took of several runs (`repeated`); None when it ran once."""
    most_ms: float | None = None
    """The most."""
    runs: int = 1
    wal_bytes: int = 0
    rows: int = -1
    """Rows the statement changed; -1 when it changes none by nature."""
    error: str | None = None
    sqlstate: str | None = None
    failed_on: QualifiedName | None = None
    """The table that the server named beside the error."""


def hold(steps: list[Step], spans: list[tuple[float, float]], first: int) -> None:
    """Locks of an explicit transaction are held until it ends: the sum of what its statements take, our looks aside."""
    for index in range(first, len(steps)):
        held = round(sum(step.ms for step in steps[index:]), 3)
        steps[index] = replace(steps[index], locks=tuple(replace(lock, held_ms=held) for lock in steps[index].locks))
        spans[index] = (spans[index][0], time.perf_counter())


def waited(
    step: Step, span: tuple[float, float], waits: Sequence[Wait], worked: Sequence[tuple[float, float]]
) -> tuple[Lock, ...]:
    """The step's locks with the longest wait for each, and whoever was seen waiting among those it blocks."""
    found = []
    for lock in step.locks:
        mine = [
            each for each in waits
            if each.table == lock.object and each.began < span[1] and each.ended > span[0]
        ]  # fmt: skip
        works = set(lock.blocks)
        if MODES.index(lock.mode) >= MODES.index("ShareUpdateExclusiveLock"):  # else it is single rows they wait for
            works |= {each.work for each in mine}
        ordered: tuple[Work, ...] = tuple(work for work in ("reads", "writes") if work in works)
        longest = max((_overlap(each, worked) for each in mine), default=0.0)
        found.append(replace(lock, blocks=ordered, waited_ms=round(longest, 3)))
    return tuple(found)


def _overlap(wait: Wait, worked: Sequence[tuple[float, float]]) -> float:
    """Milliseconds of a wait in which the migration worked: while we look at what it did, its locks are held on."""
    return sum(max(0.0, min(wait.ended, end) - max(wait.began, start)) for start, end in worked) * 1000
