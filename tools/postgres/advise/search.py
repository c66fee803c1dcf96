"""Which of the candidates are worth having: greedy, then exchanged one by one, within storage and time.

The planner's cost estimates choose; whether the choice holds is for the copy to show (proof). What counts is, for each
statement, by how many powers of ten it gets cheaper, and its share of the whole workload's time; what an index costs to
hold and to keep up to date is counted on the same scale.

Asking the planner is what takes time, so it is asked what each candidate does for each statement, alone and beside the
others; sets are then made from the plans that are known, and the planner is asked again only about the set that came of
it. Where it does otherwise than was thought the search begins again, knowing that too. This is how CoPhy (Dash, Polyzotis,
Ailamaki, 2011) makes what is known of plans do for the search. The same input gives the same answer as long as the time
limit is not reached.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.costs import Costs, Indexes, Query, Trial
from tools.postgres.advise.fitting import LEAST_GAIN, Fitting, order
from tools.postgres.advise.merging import exchanges
from tools.postgres.advise.moves import moves
from tools.postgres.advise.worth import Worth

_PROBING = 0.7
"""Share of the time for finding out what helps each statement by itself; what is not needed goes to the next."""
_MAKING_S = 3.0
"""Seconds that making sets gets at least: it needs the half when the machine has nothing else to do."""
_ROUNDS = 6
_CHECKS = 4
"""Sets that the planner is asked about, each after the one before was not what it was thought to be."""
_INCLUDING = 2
"""An index with INCLUDE that takes more than this part of the storage is not tried: without, it does nearly as much."""
_HOPELESS = 1.0
"""A move that is this much worse than nothing is not tried again."""


@dataclass
class Choice:
    """What the search came to. Costs are by query number."""

    indexes: list[Candidate] = field(default_factory=list)
    before: dict[int, float] = field(default_factory=dict)
    after: dict[int, float] = field(default_factory=dict)
    wished: list[Candidate] = field(default_factory=list)
    """What it would have been were storage no matter."""
    users: dict[Candidate, list[int]] = field(default_factory=dict)
    sizes: dict[Candidate, int] = field(default_factory=dict)
    alone: dict[int, list[tuple[float, Candidate]]] = field(default_factory=dict)
    """For each query the candidates that help it by themselves, best first, with the cost each leads to."""
    out_of_time: bool = False


class Search:
    """One search over one workload."""

    def __init__(
        self,
        trial: Trial,
        queries: Sequence[Query],
        candidates: Mapping[int, Sequence[Candidate]],
        *,
        storage_bytes: float = math.inf,
        seconds: float = math.inf,
        upkeep: Callable[[Candidate], float] = lambda candidate: 0.0,
        inventive: bool = True,
        sparing: bool = True,
    ) -> None:
        """`inventive`: whether `trial` can judge an index that is not among the candidates (two merged into one);
        `sparing`: whether storage is to be saved, not only kept within."""
        self._costs = Costs(trial, candidates)
        self._queries, self._candidates = queries, candidates
        self._storage, self._inventive = storage_bytes, inventive
        self._until = time.monotonic() + seconds
        every = [each for offered in candidates.values() for each in offered]
        self._worth = Worth(self._costs, queries, every, storage_bytes, upkeep, sparing=sparing)
        self._offered: dict[Candidate, None] = {}
        self._choice = Choice()

    async def explore(self) -> list[Indexes]:
        """Find out what helps each statement: the additions worth trying."""
        await self._worth.begin()
        self._choice.before = self._worth.shown
        found: dict[Indexes, None] = {}
        end = self._until
        heaviest = sorted(self._queries, key=lambda each: (-self._worth.share[each.number], each.number))
        for left, query in zip(range(len(heaviest), 0, -1), heaviest, strict=True):
            # One that takes long to plan (a join of sixty tables) must not use up what the others need.
            now = time.monotonic()
            self._until = now + _PROBING * (end - now) / left
            base = self._choice.before[query.number]
            offered = await self._worth_asking(self._candidates.get(query.number, ()))
            mine, alone = await moves(query, base, offered, self._costs, self._late)
            self._choice.alone[query.number] = alone
            found.update(dict.fromkeys(mine))
        # Sets are made from what is known by then, which asks for little: that must not be cut short by slow asking.
        self._until = max(end, time.monotonic() + _MAKING_S)
        return list(found)

    async def _worth_asking(self, offered: Sequence[Candidate]) -> list[Candidate]:
        """Without those whose INCLUDE makes them take a large part of all storage."""
        most = self._storage / _INCLUDING
        return [each for each in offered if not each.include or await self._worth.size(each) <= most]

    async def run(self) -> Choice:
        """Search until nothing helps any more, storage is full or time is up."""
        found, choice = await self.explore(), self._choice
        self._offered = dict.fromkeys(sorted(frozenset().union(*found), key=lambda each: each.body))
        best: Indexes | None = None
        checked: set[Indexes] = set()
        while len(checked) < _CHECKS:
            self._costs.guessing, self._worth.short = True, False
            chosen = await self._chosen(found)
            choice.wished = sorted(chosen, key=lambda each: (each.place, each.name))
            if not await self._worth.fits(chosen):
                self._worth.short = True
                fitting = Fitting(self._worth, found, self._late)
                chosen = await fitting.fitted(chosen, lambda: self._chosen(found), self._exchanged)
            self._costs.guessing = False
            if chosen in checked:
                break
            checked.add(chosen)
            await self._worth.gain(frozenset(), chosen)  # asks about all of it
            if best is None or await self._worth.gain(best, chosen) > 0:
                best = chosen
            if self._late():
                break
        assert best is not None
        choice.indexes = sorted(best, key=lambda each: (each.place, each.name))
        for query in self._queries:
            costed = await self._costs.of(query, best)
            choice.after[query.number] = costed.shown
            for each in costed.used:
                choice.users.setdefault(each, []).append(query.number)
        choice.sizes = {each: await self._worth.size(each) for each in choice.indexes}
        return choice

    async def _chosen(self, moves: list[Indexes]) -> Indexes:
        return await self._exchanged(await self._greedy(moves))

    async def _greedy(self, moves: list[Indexes]) -> Indexes:
        chosen: Indexes = frozenset()
        # A gain once known bounds what the move can still bring, nearly always: most are not worked out again.
        bound = {move: await self._worth.gain(chosen, move) for move in moves}
        alone = dict(bound)
        while bound and not self._late():
            best, gain = None, LEAST_GAIN
            for move in sorted(bound, key=lambda each: (-bound[each], order(each))):
                if bound[move] <= gain or self._late():
                    break
                bound[move] = await self._worth.gain(chosen, chosen | move)
                if bound[move] > gain:
                    best, gain = move, bound[move]
            if best is None:
                break
            chosen |= best
            touched = {each.place for each in best}
            # Beside another index of the table it may be worth a little more than it was: two indexes used together.
            bound = {
                move: max(old, 0.0) + LEAST_GAIN if touched & {each.place for each in move} else old
                for move, old in bound.items()
                if move - chosen and old > -_HOPELESS
            }
        return self._untested(alone, chosen) if self._late() else chosen

    def _untested(self, hoped: Mapping[Indexes, float], chosen: Indexes) -> Indexes:
        """When time is up: what helps by itself and has no like of it among the chosen, whatever it brings beside them."""
        for move in sorted(hoped, key=lambda each: (-hoped[each], order(each))):
            alike = {(each.place, each.parts[0].text) for each in chosen if not each.predicate}
            new = all((each.place, each.parts[0].text) not in alike for each in move)
            if len(move) == 1 and hoped[move] > LEAST_GAIN and new:
                chosen |= move
        return chosen

    async def _exchanged(self, chosen: Indexes) -> Indexes:
        """Leave out, slim, merge or swap one index at a time while that is better."""
        fits = self._worth.pressure == 0.0 and await self._worth.fits(chosen)
        for _ in range(_ROUNDS):
            before = chosen
            for out, into in exchanges(before, self._offered, self._inventive):
                if self._late():
                    return chosen
                if not out <= chosen or (into and into <= chosen):
                    continue  # gone, or there, by an exchange of this round
                other = (chosen - out) | into
                if fits and not await self._worth.fits(other):
                    continue
                if await self._worth.gain(chosen, other) > LEAST_GAIN / 3:
                    chosen = other
            if chosen == before:
                break
        return chosen

    def _late(self) -> bool:
        late = time.monotonic() > self._until
        self._choice.out_of_time |= late
        return late
