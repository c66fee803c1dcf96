"""What changes did to one statement on a copy, and which of them is worth most."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from tools.postgres.plans.tree import plan_of
from tools.postgres.rehearsal.stopwatch import Timed, mean

_HARDLY_SHARE = 0.01
"""So small a share of the time before is not worth a larger index."""
_MORE_ROWS, _FEW_ROWS = 1.2, 10.0
_SLOWER, _NOISE_MS = 1.10, 0.1
_FASTER = 0.8
"""A median that is at most this share of the one before is no noise: the run that denies it is."""


class ByValues(BaseModel):
    """What a change did to the statement with one set of values. `clearly_faster`: all its runs were faster than all runs
    without it; `clearly_slower` the reverse, by a tenth at the least. `rows_read`: that its plan takes from its tables,
    those it throws away again included.
    """

    before_ms: float
    after_ms: float
    clearly_faster: bool
    clearly_slower: bool
    rows_read: float


class Tried(BaseModel):
    """What one change did; `up` begins with the extension it needs.

    Times are medians, `fastest_ms` and `slowest_ms` the range of the runs with the change; `after_share` is after over
    before, `gain_times` before over after. With several sets of values (`by_values`, in the order they were given) each
    time is the mean over them. `clearly_faster`: all runs were faster than all runs without the change; a change whose
    median is far below is timed anew when a single run denies it, and the last runs count.

    `used`: the plan reads an index that the change made (None for a rewrite). `size_bytes` and `build_ms` are those of
    the indexes it made, on the copy. `restores`: down brought catalogue and rows back (None: no down). `same_rows`: a
    rewrite returned the same rows. `problem` says why it could not be tried; nothing else is known then.
    """

    name: str
    up: str
    down: str
    sql: str
    before_ms: float | None = None
    after_ms: float | None = None
    fastest_ms: float | None = None
    slowest_ms: float | None = None
    after_share: float | None = None
    gain_times: float | None = None
    clearly_faster: bool | None = None
    by_values: tuple[ByValues, ...] = ()
    used: bool | None = None
    indexes: tuple[str, ...] = ()
    size_bytes: int | None = None
    build_ms: float | None = None
    restores: bool | None = None
    not_restored: tuple[str, ...] = ()
    same_rows: bool | None = None
    plan: dict[str, Any] = Field(default_factory=dict)
    problem: str = ""


def gain(befores: Sequence[Timed], afters: Sequence[Timed]) -> dict[str, Any]:
    """What is known of a change from the runs without and with it, a pair for each set of values."""
    before, after = mean(befores), mean(afters)
    return {
        "before_ms": before.ms,
        "after_ms": after.ms,
        "fastest_ms": after.fastest_ms,
        "slowest_ms": after.slowest_ms,
        "after_share": round(after.ms / before.ms, 6) if before.ms else None,
        "gain_times": round(before.ms / after.ms, 2) if after.ms else None,
        "clearly_faster": after.slowest_ms < before.fastest_ms,
        "by_values": tuple(
            ByValues(
                before_ms=was.ms,
                after_ms=now.ms,
                clearly_faster=now.slowest_ms < was.fastest_ms,
                clearly_slower=now.fastest_ms > _SLOWER * was.slowest_ms
                and now.fastest_ms - was.slowest_ms > _NOISE_MS,
                rows_read=_read(now.plan),
            )
            for was, now in zip(befores, afters, strict=True)
        ),
        "plan": after.plan,
    }


def disturbed(befores: Sequence[Timed], afters: Sequence[Timed]) -> bool:
    """Whether a single slow run hides a gain: by the medians it is clear, by the ranges it is not.

    Something else was at work on the machine then; what was timed says nothing for or against the change.
    """
    before, after = mean(befores), mean(afters)
    return after.ms <= _FASTER * before.ms and after.slowest_ms >= before.fastest_ms


def best_of(tried: Sequence[Tried]) -> int | None:
    """The position of the best change, by the rule that `measure` states; None when none helps."""
    helps = [
        one
        for one in tried
        if one.clearly_faster
        and not any(each.clearly_slower for each in one.by_values)
        and one.used is not False
        and one.same_rows is not False
        and (one.restores or (one.sql and not one.up))
    ]
    if not helps:
        return None
    left = [one for one in helps if not any(_outdone(one, other) for other in helps)]
    fastest = min(left, key=lambda one: one.after_ms or 0.0)
    alike = [one for one in left if _alike(one, fastest)]
    return tried.index(min(alike, key=lambda one: (bool(one.sql), one.size_bytes or 0, one.after_ms)))


def _outdone(one: Tried, other: Tried) -> bool:
    """Whether another change reads clearly fewer rows, with no set of values more, and is not slower but by noise."""
    pairs = list(zip(one.by_values, other.by_values, strict=False))
    fewer = any(mine.rows_read > _MORE_ROWS * its.rows_read + _FEW_ROWS for mine, its in pairs)
    if not fewer or any(its.rows_read > _MORE_ROWS * mine.rows_read + _FEW_ROWS for mine, its in pairs):
        return False
    late = (other.after_ms or 0.0) - (one.after_ms or 0.0)
    return late <= max(_NOISE_MS, _HARDLY_SHARE * (one.before_ms or 0.0))


def _alike(one: Tried, fastest: Tried) -> bool:
    """Whether a change reads no more rows than the fastest and is as fast for all one can tell, or hardly slower.

    Fewer rows count whatever the clock says, for each set of values: an index that filters more while it reads is fast
    for some values only.
    """
    pairs = zip(one.by_values, fastest.by_values, strict=False)  # a rewrite is timed with the first values only
    if any(mine.rows_read > _MORE_ROWS * its.rows_read + _FEW_ROWS for mine, its in pairs):
        return False
    late = (one.after_ms or 0.0) - (fastest.after_ms or 0.0)
    overlap = (one.fastest_ms or 0.0) <= (fastest.slowest_ms or 0.0)
    return overlap or late <= _HARDLY_SHARE * (one.before_ms or 0.0)


def _read(plan: dict[str, Any]) -> float:
    nodes = plan_of(plan).nodes if plan else ()
    return sum((node.rows or 0.0) + node.removed for node in nodes if node.table)
