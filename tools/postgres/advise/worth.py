"""What a set of indexes is worth: what each statement gains, less what the indexes cost to hold and to keep up to date."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.costs import Costs, Indexes, Query

_FAST_COST = 30.0
"""Below the cost of some pages a statement is as fast as it can be: halving that is worth little."""
_SIZE_PRICE, _GRANTED_PRICE = 1.5, 0.2
"""An index as large as its table must make one statement cheaper by this many powers of ten: where nobody said how much
storage may be used, and where somebody did."""
_COVERING_TIMES = 2.0
"""Estimates flatter INCLUDE: what it saves are visits to the table, costed as disk reads and mostly found in memory."""
_LITTLE_LEFT = 1e-3
"""Of the workload's time: what is less hardly counts as less."""
_LEAST_SHARE = 8
"""A table smaller than the tables' total divided by this counts as that large: its indexes take little of the whole."""


@dataclass(frozen=True)
class _State:
    """What a set of indexes comes to: cost by query number, and the share of the workload's time that is left."""

    costs: dict[int, float]
    left: float


class Worth:
    """Compares sets of indexes for one workload. `pressure`: powers of ten that all of the storage is worth; `sparing`:
    storage is to be saved, not only kept within.

    With room for all that helps, a share of the workload's time counts as that share of all its statements' single powers
    of ten. When storage is `short`, both goals are put on one scale: the powers of ten that the statements gain (their
    geometric mean) and, as often as there are statements, those that the whole workload gains. What halves the time that
    is left is then worth as much whether much or little of it is left, and neither goal is bought at any price of the other.
    """

    def __init__(
        self,
        costs: Costs,
        queries: Sequence[Query],
        offered: Iterable[Candidate],
        storage_bytes: float,
        upkeep: Callable[[Candidate], float],
        *,
        sparing: bool = True,
    ) -> None:
        self._costs, self._queries, self.storage, self._upkeep = costs, queries, storage_bytes, upkeep
        self._sparing = sparing
        tables = {each.place: each.table.size_bytes for each in offered}
        self._least_table = max(8192.0, sum(tables.values()) / _LEAST_SHARE)
        self.share: dict[int, float] = {}
        """Of the workload's time without indexes, by query number (0..1)."""
        self._sizes: dict[Candidate, int] = {}
        self._prices: dict[Candidate, float] = {}
        self._concerned: dict[Candidate, list[Query]] = {}
        self._states: dict[Indexes, _State] = {}
        self._asked = -1
        self._before: dict[int, float] = {}
        self.pressure = 0.0
        self.short = False
        self.shown: dict[int, float] = {}
        """The planner's cost of every query without indexes."""

    async def begin(self) -> None:
        """Cost every query without indexes."""
        for query in self._queries:
            costed = await self._costs.of(query, frozenset())
            self._before[query.number], self.shown[query.number] = costed.cost, costed.shown
        spent = {
            query.number: query.weight * query.pace * self.shown[query.number]
            if query.total_ms is None
            else query.total_ms
            for query in self._queries
        }
        whole = sum(spent.values()) or 1.0
        self.share = {number: each / whole for number, each in spent.items()}

    async def gain(self, before: Indexes, after: Indexes) -> float:
        """How much better `after` is than `before`, what the indexes cost counted in."""
        changed = before ^ after
        if not changed:
            return 0.0
        gain = 0.0
        for each in changed:
            gain += await self.price(each) * (1 if each in before else -1)
        affected = {query.number: query for each in changed for query in self._users(each)}
        costs = {number: (await self._costs.of(query, after)).cost for number, query in affected.items()}
        state = await self._state(before)
        left = state.left
        for number, cost in costs.items():
            gain += math.log10((state.costs[number] + _FAST_COST) / (cost + _FAST_COST))
            left += self._part(number, cost) - self._part(number, state.costs[number])
        return gain + len(self._queries) * (self._time(state.left) - self._time(left))

    async def price(self, candidate: Candidate) -> float:
        """What having the index costs, on the scale of gains: upkeep, and its size beside the table's."""
        size = await self.size(candidate)
        if candidate not in self._prices:
            share = size / max(candidate.table.size_bytes, self._least_table)
            careful = _SIZE_PRICE * (_COVERING_TIMES if candidate.include else 1.0)
            price = share * (careful if self._sparing else _GRANTED_PRICE)
            self._prices[candidate] = self._upkeep(candidate) + price
        return self._prices[candidate] + self.pressure * size / max(1.0, self.storage)

    async def size(self, candidate: Candidate) -> int:
        """The index's size in bytes."""
        if candidate not in self._sizes:
            self._sizes[candidate] = await self._costs.size(candidate)
        return self._sizes[candidate]

    async def fits(self, chosen: Indexes) -> bool:
        """Whether there is room for all of them."""
        return sum([self._sizes.get(each) or await self.size(each) for each in chosen]) <= self.storage

    def _time(self, left: float) -> float:
        return math.log10(max(left, 0.0) + _LITTLE_LEFT) if self.short else left

    def _part(self, number: int, cost: float) -> float:
        """The share of the workload's time that a statement takes when it costs `cost`."""
        return self.share[number] * cost / max(self._before[number], 1e-9)

    def _users(self, candidate: Candidate) -> list[Query]:
        if candidate not in self._concerned:
            self._concerned[candidate] = [each for each in self._queries if self._costs.concerned(each, candidate)]
        return self._concerned[candidate]

    async def _state(self, chosen: Indexes) -> _State:
        if self._asked != self._costs.asked or chosen not in self._states:
            costs = {query.number: (await self._costs.of(query, chosen)).cost for query in self._queries}
            if self._asked != self._costs.asked:
                self._states.clear()
                self._asked = self._costs.asked
            left = sum(self._part(number, cost) for number, cost in costs.items())
            self._states[chosen] = _State(costs, left)
        return self._states[chosen]
