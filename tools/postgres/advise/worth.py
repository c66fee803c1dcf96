"""What a set of indexes is worth: what each statement gains, less what the indexes cost to hold and to keep up to date."""

import math
from collections.abc import Callable, Iterable, Sequence

from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.costs import Costs, Indexes, Query

_FAST_COST = 30.0
"""Below the cost of some pages a statement is as fast as it can be: halving that is worth little."""
_SIZE_PRICE = 1.5
"""An index as large as its table must make one statement cheaper by this many powers of ten."""
_COVERING_TIMES = 2.0
"""Estimates flatter INCLUDE: what it saves are visits to the table, costed as disk reads and mostly found in memory."""
_LEAST_LEFT = 1e-3
"""Of the workload's time: less than this does not count as less."""
_LEAST_SHARE = 8
"""A table smaller than the tables' total divided by this counts as that large: its indexes take little of the whole."""


class Worth:
    """Compares sets of indexes for one workload. `pressure`: powers of ten that all of the storage is worth.

    `emphasis`: how much a share of the workload's time counts beside the speed of single statements. What halves the time
    of the workload is worth as much whether little or much of it is left: the less there is, the more a share of it is.
    """

    def __init__(
        self,
        costs: Costs,
        queries: Sequence[Query],
        offered: Iterable[Candidate],
        storage_bytes: float,
        upkeep: Callable[[Candidate], float],
    ) -> None:
        self._costs, self._queries, self._storage, self._upkeep = costs, queries, storage_bytes, upkeep
        tables = {each.place: each.table.size_bytes for each in offered}
        self._least_table = max(8192.0, sum(tables.values()) / _LEAST_SHARE)
        self._share: dict[int, float] = {}
        self._sizes: dict[Candidate, int] = {}
        self.pressure = 0.0
        self.emphasis = 1.0
        self.before: dict[int, float] = {}

    async def begin(self) -> None:
        """Cost every query without indexes."""
        for query in self._queries:
            self.before[query.number] = (await self._costs.of(query, frozenset())).cost
        spent = {
            query.number: query.weight * query.pace * self.before[query.number]
            if query.total_ms is None
            else query.total_ms
            for query in self._queries
        }
        whole = sum(spent.values()) or 1.0
        self._share = {number: each / whole for number, each in spent.items()}

    async def left(self, chosen: Indexes) -> float:
        """The share of the workload's time that is left with these indexes (0..1)."""
        costs = {query.number: (await self._costs.of(query, chosen)).cost for query in self._queries}
        return sum(self._share[number] * cost / max(self.before[number], 1e-9) for number, cost in costs.items())

    async def score(self, chosen: Indexes) -> float:
        """What a whole set is worth, to choose among sets that were found with different `emphasis`.

        Powers of ten that the statements and, as often as there are statements, the whole workload gain.
        """
        gain = 0.0
        for query in self._queries:
            cost, before = (await self._costs.of(query, chosen)).cost, self.before[query.number]
            gain -= math.log10((cost + _FAST_COST) / (before + _FAST_COST))
        gain -= len(self._queries) * math.log10(max(await self.left(chosen), _LEAST_LEFT))
        pressure, self.pressure = self.pressure, 0.0
        price = sum([await self.price(each) for each in chosen])
        self.pressure = pressure
        return gain - price

    async def gain(self, before: Indexes, after: Indexes, wanted: float) -> float:
        """How much better `after` is than `before`, what the indexes cost counted in.

        When it cannot be more than `wanted`, a bound above it: were every statement as cheap as it was ever seen, it
        would be no more.
        """
        changed = before ^ after
        gain = 0.0
        for each in changed:
            gain += await self.price(each) * (1 if each in before else -1)
        hopes: list[tuple[float, float, Query]] = []
        for query in self._queries:
            if any(self._costs.concerned(query, each) for each in changed):
                now = self.value(query, (await self._costs.of(query, before)).cost)
                hopes.append((now - self.value(query, await self._costs.least(query)), now, query))
        gain += sum(hope for hope, _, _ in hopes)
        for hope, now, query in sorted(hopes, key=lambda each: (-each[0], each[2].number)):
            if gain <= wanted:
                break
            gain += now - self.value(query, (await self._costs.of(query, after)).cost) - hope
        return gain

    def value(self, query: Query, cost: float) -> float:
        """What a statement costs on the scale of gains: powers of ten it is dearer than before, and its share of the time."""
        before = self.before[query.number]
        speed = math.log10((cost + _FAST_COST) / (before + _FAST_COST))
        share = self._share[query.number] * cost / max(before, 1e-9)
        return speed + self.emphasis * len(self._queries) * share

    async def price(self, candidate: Candidate) -> float:
        """What having the index costs, on the scale of gains: upkeep, and its size beside the table's."""
        size = await self.size(candidate)
        share = size / max(candidate.table.size_bytes, self._least_table)
        price = _SIZE_PRICE * share * (_COVERING_TIMES if candidate.include else 1.0)
        return self._upkeep(candidate) + price + self.pressure * size / max(1.0, self._storage)

    async def size(self, candidate: Candidate) -> int:
        """The index's size in bytes."""
        if candidate not in self._sizes:
            self._sizes[candidate] = await self._costs.size(candidate)
        return self._sizes[candidate]

    async def total(self, chosen: Indexes) -> int:
        """Their size in bytes."""
        return sum([await self.size(each) for each in chosen])
