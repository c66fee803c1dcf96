"""How long statements take on the copy while indexes are still being chosen: the planner prices all conditions alike.

ILIKE over a table costs what any filter over it costs, and takes ten times as long: a workload that is weighed by cost
alone misses the statement that most of its time goes to.
"""

import math
import statistics
import time
from collections.abc import Sequence

import psycopg

from tools.postgres.advise.built import Built
from tools.postgres.advise.case import Case
from tools.postgres.advise.costs import Indexes

_LIMIT_MS = 1_000.0
_LEAST_MS = 0.1
"""Below this a run says more about the clock than about the statement."""
_MOST_TIMES = 30.0
"""Further than this from the median a run was disturbed, or its plan is none of cost."""
_STEPS = 4
"""Steps in a power of ten that times are rounded to: what two runs differ by does not change the advice."""


class Clock:
    """Runs statements on the copy, each once with each set of indexes that its plan uses, until the monotonic `until`.

    A statement that takes longer than `limit_ms` is taken to take this long: a lower bound.
    """

    def __init__(self, built: Built, until: float, limit_ms: float = _LIMIT_MS) -> None:
        self._built, self._until, self._limit_ms = built, until, limit_ms
        self._took: dict[tuple[str, Indexes], float] = {}

    async def share(self, text: str, indexes: Indexes) -> float | None:
        """The time with these indexes over that without any, at most 1. None when it cannot be run, or time is up."""
        before, after = await self._ms(text, frozenset()), await self._ms(text, indexes)
        if before is None or after is None:
            return None
        return min(1.0, _rounded(max(after, _LEAST_MS) / max(before, _LEAST_MS)))

    async def pace(self, cases: Sequence[Case], until: float = math.inf) -> dict[int, float]:
        """Milliseconds of one unit of cost without the indexes, by statement number; 1.0 where all are unknown.

        Those that do not run, or not by the monotonic time `until`, get the median; those that pg_stat_statements has timed
        are left out.
        """
        found: dict[int, float] = {}
        untimed = [case for case in cases if case.item.total_ms is None]
        for case in untimed:
            if time.monotonic() > until:
                break
            times = [await self._ms(text, frozenset()) for text in case.query.texts]
            known = [max(each, _LEAST_MS) for each in times if each is not None]
            if len(known) == len(times):
                costs = [(await self._built.plan(text, frozenset())).cost for text in case.query.texts]
                found[case.number] = _rounded(sum(known) / max(sum(costs), 1.0))
        middle = statistics.median(found.values()) if found else 1.0
        least, most = middle / _MOST_TIMES, middle * _MOST_TIMES
        return {case.number: min(max(found.get(case.number, middle), least), most) for case in untimed}

    async def _ms(self, text: str, indexes: Indexes) -> float | None:
        """Milliseconds of one run. Raises psycopg.OperationalError when the copy is gone."""
        if (text, indexes) not in self._took:
            if time.monotonic() > self._until:
                return None
            try:
                plan = await self._built.plan(text, indexes, measured=True, limit_ms=self._limit_ms)
                self._took[text, indexes] = plan.total_ms or 0.0
            except psycopg.errors.QueryCanceled:
                self._took[text, indexes] = self._limit_ms
            except psycopg.errors.Error as error:
                if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
                    raise
                return None
        return self._took[text, indexes]


def _rounded(value: float) -> float:
    return float(10 ** (round(_STEPS * math.log10(value)) / _STEPS))
