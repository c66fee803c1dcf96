"""What changes did to one statement on a copy, and which of them is worth most."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from tools.postgres.plans.tree import plan_of
from tools.postgres.rehearsal.stopwatch import Timed

_HARDLY_SHARE = 0.01
"""So small a share of the time before is not worth a larger index."""
_MORE_ROWS, _FEW_ROWS = 1.2, 10.0


class Tried(BaseModel):
    """What one change did; `up` begins with the extension it needs.

    Times are medians, `fastest_ms` and `slowest_ms` the range of the runs with the change; `after_share` is after over
    before, `gain_times` before over after.

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
    used: bool | None = None
    indexes: tuple[str, ...] = ()
    size_bytes: int | None = None
    build_ms: float | None = None
    restores: bool | None = None
    not_restored: tuple[str, ...] = ()
    same_rows: bool | None = None
    plan: dict[str, Any] = Field(default_factory=dict)
    problem: str = ""


def best_of(tried: Sequence[Tried], before: Timed) -> int | None:
    """The position of the best change, by the rule that `measure` states; None when none helps."""
    helps = [
        one
        for one in tried
        if one.slowest_ms is not None
        and one.slowest_ms < before.fastest_ms
        and one.used is not False
        and one.same_rows is not False
        and (one.restores or (one.sql and not one.up))
    ]
    if not helps:
        return None
    fastest = min(helps, key=lambda one: one.after_ms or 0.0)
    alike = [one for one in helps if _alike(one, fastest, before)]
    return tried.index(min(alike, key=lambda one: (bool(one.sql), one.size_bytes or 0, one.after_ms)))


def _alike(one: Tried, fastest: Tried, before: Timed) -> bool:
    """Whether a change reads no more rows than the fastest and is as fast for all one can tell, or hardly slower.

    Fewer rows count whatever the clock says: an index that filters more while it reads is fast for these values only.
    """
    if _read(one) > _MORE_ROWS * _read(fastest) + _FEW_ROWS:
        return False
    late = (one.after_ms or 0.0) - (fastest.after_ms or 0.0)
    overlap = (one.fastest_ms or 0.0) <= (fastest.slowest_ms or 0.0)
    return overlap or late <= _HARDLY_SHARE * before.ms


def _read(one: Tried) -> float:
    """Rows that the plan takes from its tables, those it throws away again included."""
    nodes = plan_of(one.plan).nodes if one.plan else ()
    return sum((node.rows or 0.0) + node.removed for node in nodes if node.table)
