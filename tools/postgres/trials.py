"""What changes did to one statement on a copy, and which of them is worth most."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from tools.postgres.rehearsal.stopwatch import Timed

_HARDLY_SHARE = 0.01
"""So small a share of the time before is not worth a larger index."""


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
    """Whether a change is as fast as the fastest for all one can tell, or slower by no more than a hundredth of before."""
    late = (one.after_ms or 0.0) - (fastest.after_ms or 0.0)
    overlap = (one.fastest_ms or 0.0) <= (fastest.slowest_ms or 0.0)
    return overlap or late <= _HARDLY_SHARE * before.ms
