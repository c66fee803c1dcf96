"""Running the workload on the copy, without and with the chosen indexes: estimates choose, runs decide."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import psycopg

from tools.postgres.advise.built import Built
from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.costs import Indexes, Query
from tools.postgres.plans.tree import Plan

_RUNS = 3
_ENOUGH_MS = 60.0
"""A statement is run again until its runs took this long together."""
_TURNS = 3
_LEAST_LIMIT_MS = 1_000.0
_LIMIT_TIMES = 20.0
"""Without the indexes a statement is stopped when it took this many times longer than with them."""
SLOWER = 1.10
_NOISE_MS = 0.5
_LEAST_MS = 0.05


@dataclass(frozen=True)
class Measured:
    """One statement without and with the indexes: the fastest of up to three runs, in milliseconds; with several
    sets of values their mean. `before` is only estimated when it was stopped: it takes `before_ms` at the least."""

    number: int
    before_ms: float
    after_ms: float
    before: Plan
    after: Plan
    used: Indexes
    stopped: bool = False

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

    @property
    def indexes_read(self) -> set[str]:
        """The names of the indexes that any plan read, those there before too."""
        plans = [plan for each in self.measured for plan in (each.before, each.after)]
        return {node.index for plan in plans for node in plan.nodes if node.index}

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
            proof.measured.append(await _compared(built, query, chosen))
        except psycopg.errors.QueryCanceled:
            proof.not_run[query.number] = "it takes longer than the time limit of one run"
        except psycopg.errors.Error as error:
            if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
                raise
            proof.not_run[query.number] = (error.diag.message_primary or str(error)).strip()
    return proof


async def _compared(built: Built, query: Query, chosen: Indexes) -> Measured:
    """One query with `chosen` and without. A plan that uses none of them is the same plan, and run once."""
    after, after_ms, used = await _timed(built, query, chosen)
    if not used:
        return Measured(query.number, after_ms, after_ms, after, after, used)
    limit = max(_LEAST_LIMIT_MS, _LIMIT_TIMES * after_ms)
    try:
        before, before_ms, _ = await _timed(built, query, frozenset(), limit)
    except psycopg.errors.QueryCanceled:
        return Measured(query.number, limit, after_ms, await built.plan(query.sql, frozenset()), after, used, True)
    for _ in range(_TURNS):  # in turn, before it is called slower
        if after_ms <= SLOWER * before_ms:
            break
        before_ms = min(before_ms, (await _timed(built, query, frozenset()))[1])
        after_ms = min(after_ms, (await _timed(built, query, chosen))[1])
    return Measured(query.number, before_ms, after_ms, before, after, used)


async def without_the_guilty(
    built: Built, queries: Sequence[Query], chosen: Indexes, proof: Proof, until: float
) -> tuple[Indexes, Proof]:
    """Leave out an index that makes a statement slower, when the statements that use it take no longer without it.

    Every statement that used the index is timed again; a statement that stays slower is named by its `Measured.slower`.
    """
    by_number = {query.number: query for query in queries}
    for late in [each for each in proof.measured if each.slower]:
        for guilty in sorted(late.used, key=lambda each: each.body):
            if time.monotonic() > until:
                return chosen, proof
            rest = chosen - {guilty}
            alone = await _again(built, by_number[late.number], rest, late)
            if alone is None or alone.slower:
                continue
            others = [run for run in proof.users(guilty) if run.number != late.number]
            found = [alone, *[await _again(built, by_number[run.number], rest, run) for run in others]]
            fresh = {run.number: run for run in found if run is not None}
            was = sum(by_number[run.number].weight * run.after_ms for run in (late, *others))
            now = sum(by_number[run.number].weight * run.after_ms for run in fresh.values())
            if None not in found and now <= was and not any(run.slower for run in fresh.values()):
                chosen, proof = rest, Proof([fresh.get(run.number, run) for run in proof.measured], proof.not_run)
                break
    return chosen, proof


async def _again(built: Built, query: Query, chosen: Indexes, run: Measured) -> Measured | None:
    """The query timed anew with these indexes, set against the time it took without any. None when it cannot be run."""
    try:
        after, after_ms, used = await _timed(built, query, chosen, max(_LEAST_LIMIT_MS, _LIMIT_TIMES * run.after_ms))
    except psycopg.errors.QueryCanceled:
        return None
    return replace(run, after=after, after_ms=after_ms, used=used)


async def _timed(
    built: Built, query: Query, indexes: Indexes, limit_ms: float | None = None
) -> tuple[Plan, float, Indexes]:
    """The plan with the first set of values, the mean over all of them of the fastest run, and the indexes used."""
    plans = [await _fastest(built, text, indexes, limit_ms) for text in query.texts]
    used: Indexes = frozenset().union(*(built.used(each) for each in plans))
    return plans[0], sum(each.total_ms or 0.0 for each in plans) / len(plans), used


async def _fastest(built: Built, sql: str, indexes: Indexes, limit_ms: float | None) -> Plan:
    best: Plan | None = None
    spent = 0.0
    for _ in range(_RUNS):
        plan = await built.plan(sql, indexes, measured=True, limit_ms=limit_ms)
        if best is None or (plan.total_ms or 0.0) < (best.total_ms or 0.0):
            best = plan
        spent += plan.total_ms or 0.0
        if spent > _ENOUGH_MS:
            break
    assert best is not None
    return best
