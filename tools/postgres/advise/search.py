"""Which of the candidates are worth having: greedy, within storage and time, what it costs to write counted in.

The planner's cost estimates choose; whether the choice holds is for the copy to show (proof). A statement's cost counts
relative to its cost before, under a square root: making a slow statement fast counts most, and making a fast one ten
times faster still counts. The same input gives the same answer as long as the time limit is not reached.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tools.postgres.advise.candidate import Candidate

Indexes = frozenset[Candidate]

_KEPT_PER_QUERY = 10
_LEAST_GAIN = 0.01
"""An index that improves the whole by less than this share of one average statement is not worth having."""
_FAST_COST = 10.0
"""Below the cost of a few pages a statement is as fast as it can be: halving that is worth little."""
_PRUNE_LOSS = 0.005
_SIZE_PRICE = 0.02
"""An index as large as its table must improve the whole by this share of one average statement."""


@dataclass(frozen=True)
class Query:
    """One statement of the workload as it is costed: a read, with values in place of parameters."""

    number: int
    sql: str
    weight: float = 1.0


@dataclass(frozen=True)
class Costed:
    """The planner's cost of one query with some indexes, and which of them its plan uses."""

    cost: float
    used: Indexes = frozenset()


class Trial(Protocol):
    """Where indexes are tried: hypothetically on the live server, or built on a copy."""

    async def cost(self, sql: str, indexes: Indexes) -> Costed:
        """The cost of `sql` when exactly these candidates exist besides the real indexes."""

    async def size(self, candidate: Candidate) -> int:
        """The index's size in bytes, estimated or real."""


@dataclass
class Choice:
    """What the search came to. Costs are by query number."""

    indexes: list[Candidate] = field(default_factory=list)
    before: dict[int, float] = field(default_factory=dict)
    after: dict[int, float] = field(default_factory=dict)
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
        penalty: Callable[[Candidate], float] = lambda candidate: 0.0,
    ) -> None:
        self._trial, self._queries, self._candidates = trial, queries, candidates
        self._storage, self._penalty = storage_bytes, penalty
        self._until = time.monotonic() + seconds
        self._known: dict[tuple[int, Indexes], Costed] = {}
        self._tables: dict[int, set[str]] = {
            query.number: {each.place for each in candidates.get(query.number, ())} for query in queries
        }
        self._choice = Choice()

    async def run(self) -> Choice:
        """Search until nothing helps any more, storage is full or time is up."""
        choice = self._choice
        moves: dict[Indexes, None] = {}
        for query in self._queries:
            choice.before[query.number] = (await self._cost(query, frozenset())).cost
        for query in self._queries:
            if self._late():
                break
            for move in await self._moves(query):
                moves.setdefault(move)
        chosen = await self._greedy(list(moves))
        chosen = await self._prune(chosen)
        choice.indexes = sorted(chosen, key=lambda each: (each.place, each.name))
        for query in self._queries:
            costed = await self._cost(query, frozenset(chosen))
            choice.after[query.number] = costed.cost
            for each in costed.used:
                choice.users.setdefault(each, []).append(query.number)
        choice.sizes = {each: await self._size(each) for each in choice.indexes}
        return choice

    async def _moves(self, query: Query) -> list[Indexes]:
        """Additions worth trying for one query: the best single candidates, and what the planner takes of all."""
        offered = self._candidates.get(query.number, ())
        base = self._choice.before[query.number]
        alone: list[tuple[float, Candidate]] = []
        for each in offered:
            if self._late():
                break
            costed = await self._cost(query, frozenset((each,)))
            if costed.cost < base * 0.99 and each in costed.used:
                alone.append((costed.cost, each))
        alone.sort(key=lambda pair: (pair[0], len(pair[1].parts), len(pair[1].include), pair[1].name))
        self._choice.alone[query.number] = alone
        moves = [frozenset((each,)) for _, each in alone[:_KEPT_PER_QUERY]]
        together = await self._cost(query, frozenset(offered))
        if len(together.used) > 1 and together.cost < base * 0.99:
            moves.append(together.used)
        return moves

    async def _greedy(self, moves: list[Indexes]) -> list[Candidate]:
        chosen: Indexes = frozenset()
        stale: dict[Indexes, float] = dict.fromkeys(moves, math.inf)
        least = _LEAST_GAIN * sum(query.weight for query in self._queries) / max(1, len(self._queries))
        size = 0
        while stale and not self._late():
            best, gain = None, least
            for move in sorted(stale, key=lambda each: (-stale[each], _order(each))):
                if stale[move] <= gain or self._late():
                    continue
                stale[move] = await self._gain(chosen, move)
                fits = size + sum([await self._size(each) for each in move - chosen]) <= self._storage
                if fits and stale[move] > gain:
                    best, gain = move, stale[move]
            if best is None:
                break
            size += sum([await self._size(each) for each in best - chosen])
            chosen |= best
            stale = {move: math.inf if self._touch(move, best) else old for move, old in stale.items() if move - chosen}
        return sorted(chosen, key=lambda each: (each.place, each.name))

    def _touch(self, move: Indexes, added: Indexes) -> bool:
        """Whether adding one changes what the other brings: they meet on a table of some query."""
        one, other = {each.place for each in move}, {each.place for each in added}
        return any(one & tables and other & tables for tables in self._tables.values())

    async def _prune(self, chosen: list[Candidate]) -> list[Candidate]:
        """Leave out what the others make needless, the largest first."""
        sizes = {each: await self._size(each) for each in chosen}
        for each in sorted(chosen, key=lambda one: (-sizes[one], one.name)):
            rest = frozenset(chosen) - {each}
            loss = await self._score(frozenset(chosen), each.place, rest)
            if loss + await self._price(each) >= -_PRUNE_LOSS * self._average() and not self._late():
                chosen = [other for other in chosen if other in rest]
        return chosen

    async def _gain(self, chosen: Indexes, move: Indexes) -> float:
        place = {each.place for each in move}
        gain = 0.0
        for query in self._queries:
            if place & self._tables[query.number]:
                gain += self._value(query, await self._cost(query, chosen))
                gain -= self._value(query, await self._cost(query, chosen | move))
        return gain - sum([await self._price(each) for each in move - chosen])

    async def _score(self, before: Indexes, place: str, after: Indexes) -> float:
        """How much better `after` is than `before` for the queries on a table: negative when worse."""
        change = 0.0
        for query in self._queries:
            if place in self._tables[query.number]:
                change += self._value(query, await self._cost(query, before))
                change -= self._value(query, await self._cost(query, after))
        return change

    def _value(self, query: Query, costed: Costed) -> float:
        before = self._choice.before[query.number]
        return query.weight * math.sqrt((costed.cost + _FAST_COST) / (before + _FAST_COST))

    def _average(self) -> float:
        return sum(query.weight for query in self._queries) / max(1, len(self._queries))

    async def _cost(self, query: Query, indexes: Indexes) -> Costed:
        mine = frozenset(each for each in indexes if each.place in self._tables[query.number])
        key = (query.number, mine)
        if key not in self._known:
            self._known[key] = await self._trial.cost(query.sql, mine)
        return self._known[key]

    async def _price(self, candidate: Candidate) -> float:
        """What having the index costs, on the scale of gains: upkeep, and its size beside the table's."""
        share = await self._size(candidate) / max(candidate.table.size_bytes, 65_536)
        return self._penalty(candidate) + _SIZE_PRICE * share * self._average()

    async def _size(self, candidate: Candidate) -> int:
        return await self._trial.size(candidate)

    def _late(self) -> bool:
        late = time.monotonic() > self._until
        self._choice.out_of_time |= late
        return late


def _order(move: Indexes) -> tuple[str, ...]:
    return tuple(sorted(each.body for each in move))
