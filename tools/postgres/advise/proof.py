"""Running the workload on the copy, without and with the chosen indexes: estimates choose, runs decide."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg

from tools.postgres.advise.built import Built
from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.costs import Indexes, Query
from tools.postgres.plans.tree import Plan

_RUNS = 3
_SLOW_MS = 250.0
"""A statement that takes longer than this is run once."""
SLOWER = 1.10
_NOISE_MS = 0.5
_LEAST_MS = 0.05


@dataclass(frozen=True)
class Measured:
    """One statement without and with the indexes: the fastest of up to three runs, in milliseconds; with several
    sets of values their mean."""

    number: int
    before_ms: float
    after_ms: float
    before: Plan
    after: Plan
    used: Indexes

    @property
    def faster(self) -> bool:
        """Whether it takes a tenth less than before, beyond what is noise."""
        return self.before_ms > SLOWER * self.after_ms and self.before_ms - self.after_ms > _LEAST_MS

    @property
    def slower(self) -> bool:
        """Whether it takes a tenth longer than before, beyond what is noise."""
        return self.after_ms > SLOWER * self.before_ms and self.after_ms - self.before_ms > _NOISE_MS


@dataclass
class Proof:
    """What the runs showed. `not_run`: query numbers with the reason."""

    measured: list[Measured] = field(default_factory=list)
    not_run: dict[int, str] = field(default_factory=dict)

    def users(self, candidate: Candidate) -> list[Measured]:
        """The statements whose plan used the index."""
        return [each for each in self.measured if candidate in each.used]


async def prove(built: Built, queries: Sequence[Query], chosen: Indexes, until: float) -> Proof:
    """Time every query on the copy without and with `chosen`, until the monotonic time `until`."""
    proof = Proof()
    for query in queries:
        if time.monotonic() > until:
            proof.not_run[query.number] = "the time given was used up"
            continue
        try:
            before, before_ms, _ = await _timed(built, query, frozenset())
            after, after_ms, used = await _timed(built, query, chosen)
            if after_ms > SLOWER * before_ms:  # once more, in turn, before it is called slower
                before_ms = min(before_ms, (await _timed(built, query, frozenset()))[1])
                after_ms = min(after_ms, (await _timed(built, query, chosen))[1])
        except psycopg.errors.QueryCanceled:
            proof.not_run[query.number] = "it takes longer than the time limit of one run"
            continue
        except psycopg.errors.Error as error:
            if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
                raise
            proof.not_run[query.number] = (error.diag.message_primary or str(error)).strip()
            continue
        proof.measured.append(Measured(query.number, before_ms, after_ms, before, after, used))
    return proof


async def without_the_guilty(
    built: Built, queries: Sequence[Query], chosen: Indexes, proof: Proof, until: float
) -> tuple[Indexes, Proof]:
    """Leave out an index that makes a statement slower, when the statements that use it take no longer without it.

    Every statement that used the index is timed again; a statement that stays slower is named by its `Measured.slower`.
    """
    for late in [each for each in proof.measured if each.slower]:
        for guilty in sorted(late.used, key=lambda each: each.body):
            if time.monotonic() > until:
                return chosen, proof
            concerned = {run.number: run for run in proof.users(guilty)}
            again = await prove(built, [q for q in queries if q.number in concerned], chosen - {guilty}, until)
            weights = {query.number: query.weight for query in queries}
            was = sum(weights[run.number] * run.after_ms for run in concerned.values())
            now = sum(weights[run.number] * run.after_ms for run in again.measured)
            if len(again.measured) == len(concerned) and now <= was and not any(run.slower for run in again.measured):
                fresh = {run.number: run for run in again.measured}
                measured = [fresh.get(run.number, run) for run in proof.measured]
                chosen, proof = chosen - {guilty}, Proof(measured, proof.not_run)
                break
    return chosen, proof


async def _timed(built: Built, query: Query, indexes: Indexes) -> tuple[Plan, float, Indexes]:
    """The plan with the first set of values, the mean over all of them of the fastest run, and the indexes used."""
    plans = [await _fastest(built, text, indexes) for text in query.texts]
    used: Indexes = frozenset().union(*(built.used(each) for each in plans))
    return plans[0], sum(each.total_ms or 0.0 for each in plans) / len(plans), used


async def _fastest(built: Built, sql: str, indexes: Indexes) -> Plan:
    best: Plan | None = None
    for _ in range(_RUNS):
        plan = await built.plan(sql, indexes, measured=True)
        if best is None or (plan.total_ms or 0.0) < (best.total_ms or 0.0):
            best = plan
        if (plan.total_ms or 0.0) > _SLOW_MS:
            break
    assert best is not None
    return best
