"""Which of the candidates are worth having: greedy, then exchanged one by one, within storage and time.

The planner's cost estimates choose; whether the choice holds is for the copy to show (proof). What counts is, for each
statement, by how many powers of ten it gets cheaper, and its share of the whole workload's time; what an index costs to
hold and to keep up to date is counted on the same scale. The same input gives the same answer as long as the time limit
is not reached.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.costs import Costs, Indexes, Query, Trial
from tools.postgres.advise.merging import exchanges
from tools.postgres.advise.moves import moves
from tools.postgres.advise.worth import Worth

_PROBING = 0.6
"""Share of the time for finding out what helps each statement by itself; what is not needed goes to the next."""
_LEAST_GAIN = 0.03
"""Powers of ten, of one statement: what is below is noise of the estimates."""
_FIRST_PRESSURE = 12.0
"""Powers of ten that an index must bring which takes all storage, when storage is short: the first price tried."""
_PRICES = 4
_PRICING = 0.5
"""Share of the time that is left for finding the price of space; the rest is for filling it."""
_FULL = 0.9
_ROUNDS = 6
_BESIDE = 1.0
_LEAST_LEFT = 0.02
"""Of the workload's time: with less left of it, what counts is the speed of single statements."""
_INCLUDING = 4
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
    ) -> None:
        """`inventive`: whether `trial` can judge an index that is not among the candidates (two merged into one)."""
        self._costs = Costs(trial, candidates)
        self._queries, self._candidates = queries, candidates
        self._storage, self._inventive = storage_bytes, inventive
        self._until = time.monotonic() + seconds
        every = [each for offered in candidates.values() for each in offered]
        self._worth = Worth(self._costs, queries, every, storage_bytes, upkeep)
        self._offered: dict[Candidate, None] = {}
        self._choice = Choice()

    async def explore(self) -> list[Indexes]:
        """Find out what helps each statement: the additions worth trying."""
        await self._worth.begin()
        self._choice.before = self._worth.before
        found: dict[Indexes, None] = {}
        end = self._until
        for left, query in zip(range(len(self._queries), 0, -1), self._queries, strict=True):
            # One that takes long to plan (a join of sixty tables) must not use up what the others need.
            now = time.monotonic()
            self._until = now + _PROBING * (end - now) / left
            base = self._choice.before[query.number]
            offered = await self._worth_asking(self._candidates.get(query.number, ()))
            mine, alone = await moves(query, base, offered, self._costs, self._late)
            self._choice.alone[query.number] = alone
            found.update(dict.fromkeys(mine))
        self._until = end
        return list(found)

    async def _worth_asking(self, offered: Sequence[Candidate]) -> list[Candidate]:
        """Without those whose INCLUDE makes them take a large part of all storage."""
        most = self._storage / _INCLUDING
        return [each for each in offered if not each.include or await self._worth.size(each) <= most]

    async def run(self) -> Choice:
        """Search until nothing helps any more, storage is full or time is up."""
        found, choice = await self.explore(), self._choice
        self._offered = dict.fromkeys(sorted(frozenset().union(*found), key=lambda each: each.body))
        chosen = await self._chosen(found)
        choice.wished = sorted(chosen, key=lambda each: (each.place, each.name))
        if await self._worth.total(chosen) > self._storage:
            chosen = await self._fitted(found, chosen)
        choice.indexes = sorted(chosen, key=lambda each: (each.place, each.name))
        for query in self._queries:
            costed = await self._costs.of(query, chosen)
            choice.after[query.number] = costed.cost
            for each in costed.used:
                choice.users.setdefault(each, []).append(query.number)
        choice.sizes = {each: await self._worth.size(each) for each in choice.indexes}
        return choice

    async def _fitted(self, moves: list[Indexes], chosen: Indexes) -> Indexes:
        """The best set found within storage: space is made dearer until what is chosen fits, then just as dear."""
        fits: Indexes | None = None
        low, high = 0.0, 0.0
        now, end = time.monotonic(), self._until
        self._until = now + _PRICING * (end - now)
        for _ in range(_PRICES):
            self._worth.pressure = (low + high) / 2 if fits is not None else 2 * low or _FIRST_PRESSURE
            tried = await self._chosen(moves)
            if self._late():
                break
            size = await self._worth.total(tried)
            if size <= self._storage:
                fits, high = tried, self._worth.pressure
                if size >= _FULL * self._storage:
                    break
            else:
                chosen, low = tried, self._worth.pressure
        self._worth.pressure, self._until = 0.0, end
        found = await self._filled(moves, fits if fits is not None else await self._cut(chosen))
        best, most = found, await self._worth.score(found)
        for _ in range(_ROUNDS):
            before = found
            left = max(_LEAST_LEFT, await self._worth.left(found))
            self._worth.emphasis = max(1.0, 1.0 / (math.log(10) * left))  # what the logarithm of what is left grows by
            found = await self._filled(moves, await self._traded(moves, await self._exchanged(found)))
            score = await self._worth.score(found)
            if score > most:
                best, most = found, score
            if found == before or self._late():
                break
        return best

    async def _traded(self, moves: list[Indexes], chosen: Indexes) -> Indexes:
        """A move that does not fit, for those that lose least for the bytes they free, when that is better."""
        for move in sorted(moves, key=_order):
            if self._late():
                break
            if move <= chosen:
                continue
            loss = {each: await self._worth.gain(chosen - {each}, chosen, 0.0) for each in chosen - move}
            sizes = {each: max(1, await self._worth.size(each)) for each in loss}
            ranked = sorted(loss, key=lambda each: (loss[each] / sizes[each], each.body))
            other = chosen | move
            gone: list[Candidate] = []
            while ranked and await self._worth.total(other) > self._storage:
                gone.append(ranked.pop(0))
                other -= {gone[-1]}
            for each in reversed(gone):
                if await self._worth.total(other | {each}) <= self._storage:
                    other |= {each}
            if (
                await self._worth.total(other) <= self._storage
                and await self._worth.gain(chosen, other, _LEAST_GAIN) > _LEAST_GAIN
            ):
                chosen = other
        return chosen

    async def _filled(self, moves: list[Indexes], chosen: Indexes) -> Indexes:
        """What is left of the storage given to whatever still helps most and fits."""
        room = self._storage - await self._worth.total(chosen)
        while not self._late():
            best, gain = None, _LEAST_GAIN
            for move in moves:
                if move - chosen and await self._worth.total(move - chosen) <= room:
                    found = await self._worth.gain(chosen, chosen | move, gain)
                    if found > gain:
                        best, gain = move, found
            if best is None:
                break
            room -= await self._worth.total(best - chosen)
            chosen |= best
        return chosen

    async def _chosen(self, moves: list[Indexes]) -> Indexes:
        return await self._exchanged(await self._greedy(moves))

    async def _greedy(self, moves: list[Indexes]) -> Indexes:
        chosen: Indexes = frozenset()
        # A gain once known bounds what the move can still bring, nearly always: most are not asked for again.
        hoped = {move: await self._hope(move) for move in moves}
        bound = {move: _BESIDE * hope + _LEAST_GAIN for move, hope in hoped.items()}
        while bound and not self._late():
            best, gain = None, _LEAST_GAIN
            for move in sorted(bound, key=lambda each: (-hoped[each], _order(each))):
                if bound[move] <= gain or self._late():
                    continue
                bound[move] = hoped[move] = await self._worth.gain(chosen, chosen | move, gain)
                if bound[move] > gain:
                    best, gain = move, bound[move]
            if best is None:
                break
            chosen |= best
            touched = {each.place for each in best}
            # An index on the same table is seldom worth more beside the new one: those are for the exchanges to find.
            bound = {
                move: _BESIDE * max(old, 0.0) + _LEAST_GAIN if touched & {each.place for each in move} else old
                for move, old in bound.items()
                if move - chosen and old > -_HOPELESS
            }
        return self._untested(hoped, chosen) if self._late() else chosen

    def _untested(self, hoped: Mapping[Indexes, float], chosen: Indexes) -> Indexes:
        """When time is up: what helps by itself and has no like of it among the chosen, whatever it brings beside them."""
        for move in sorted(hoped, key=lambda each: (-hoped[each], _order(each))):
            alike = {(each.place, each.parts[0].text) for each in chosen if not each.predicate}
            new = all((each.place, each.parts[0].text) not in alike for each in move)
            if len(move) == 1 and hoped[move] > _LEAST_GAIN and new:
                chosen |= move
        return chosen

    async def _hope(self, move: Indexes) -> float:
        """What the move brings by what its indexes do alone, for each statement the best of them, less their price."""
        if len(move) > 1:
            return math.inf  # the arms of an OR: neither index helps alone
        hope = -sum([await self._worth.price(each) for each in move])
        for query in self._queries:
            costs = [cost for cost, each in self._choice.alone.get(query.number, ()) if each in move]
            if costs:
                hope += self._worth.value(query, self._choice.before[query.number]) - self._worth.value(
                    query, min(costs)
                )
        return hope

    async def _exchanged(self, chosen: Indexes) -> Indexes:
        """Leave out, slim, merge or swap one index at a time while that is better."""
        fits = self._worth.pressure == 0.0 and await self._worth.total(chosen) <= self._storage
        for _ in range(_ROUNDS):
            before = chosen
            for out, into in exchanges(before, self._offered, self._inventive):
                if self._late():
                    return chosen
                if not out <= chosen or (into and into <= chosen):
                    continue  # gone, or there, by an exchange of this round
                other = (chosen - out) | into
                if fits and await self._worth.total(other) > self._storage:
                    continue
                if await self._worth.gain(chosen, other, _LEAST_GAIN / 3) > _LEAST_GAIN / 3:
                    chosen = other
            if chosen == before:
                break
        return chosen

    async def _cut(self, chosen: Indexes) -> Indexes:
        """The smallest of the chosen as far as they fit."""
        kept: Indexes = frozenset()
        sizes = {each: await self._worth.size(each) for each in chosen}
        for each in sorted(chosen, key=lambda one: (sizes[one], one.name)):
            if sum(sizes[other] for other in kept) + sizes[each] <= self._storage:
                kept |= {each}
        return kept

    def _late(self) -> bool:
        late = time.monotonic() > self._until
        self._choice.out_of_time |= late
        return late


def _order(move: Indexes) -> tuple[str, ...]:
    return tuple(sorted(each.body for each in move))
