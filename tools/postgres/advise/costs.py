"""The planner's cost of each statement under each set of indexes, asked for as seldom as possible."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tools.postgres.advise.candidate import Candidate

Indexes = frozenset[Candidate]
_WIDER = 1.05
"""What a plan is thought to cost times, with an index of more columns in the place of the one it was seen with."""


@dataclass(frozen=True)
class Query:
    """One statement of the workload as it is costed: a read, with values in place of parameters.

    `others` is the same statement with other values; each set of values counts the same. `pace` is what a unit of its cost
    takes beside the other statements'; `total_ms` what all its calls together took, when that was counted.
    """

    number: int
    sql: str
    weight: float = 1.0
    others: tuple[str, ...] = ()
    pace: float = 1.0
    total_ms: float | None = None
    joins: bool = False
    """Whether it reads more than one relation."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The statement with each set of values."""
        return (self.sql, *self.others)


@dataclass(frozen=True)
class Costed:
    """What one query's plan costs with some indexes, and which of them it uses.

    `planned`: the planner's own cost, where `cost` counts pages as what memory gives, or a walk as whole; None: the same.
    """

    cost: float
    used: Indexes = frozenset()
    planned: float | None = None

    @property
    def shown(self) -> float:
        """The planner's own cost: what EXPLAIN prints."""
        return self.cost if self.planned is None else self.planned


class Trial(Protocol):
    """Where indexes are tried: hypothetically on the live server, or built on a copy."""

    async def cost(self, sql: str, indexes: Indexes) -> Costed:
        """The cost of `sql` when exactly these candidates exist besides the real indexes."""

    async def size(self, candidate: Candidate) -> int:
        """The index's size in bytes, estimated or real."""


class Known:
    """A trial that remembers. A plan is the same under every set that lies between what it uses and what was offered.

    That is the atomic-configuration property of index selection (Finkelstein, Schkolnick, Tiberio: Physical Database
    Design for Relational Databases, 1988).
    """

    def __init__(self, trial: Trial, before: "Known | None" = None) -> None:
        """`before`: what was asked of the same server earlier is known still."""
        self._trial = trial
        self._plans: dict[str, list[tuple[Indexes, Costed]]] = before._plans if before else {}
        self._used: set[Candidate] = before._used if before else set()
        self._standing: dict[Candidate, tuple[int, Indexes]] = {}
        self.asked = 0
        """Plans that the trial was asked for."""

    async def cost(self, text: str, indexes: Indexes) -> Costed:
        """The cost of `text` under `indexes`, asked for only when it is not known."""
        plans = self._plans.setdefault(text, [])
        for offered, costed in plans:
            if costed.used <= indexes <= offered:
                return costed
        costed = await self._trial.cost(text, indexes)
        plans.append((indexes, costed))
        self._used |= costed.used
        self.asked += 1
        return costed

    def guess(self, text: str, indexes: Indexes) -> Costed | None:
        """The best of the plans that were ever seen and need none but `indexes`; the very plan where it is known.

        An upper bound of what the planner would find: two indexes of which each was only tried alone may do more together.
        An index does what one with the first of its keys does.
        """
        best: Costed | None = None
        able = indexes.union(*(self._stands_for(each) for each in indexes))
        for offered, costed in self._plans.get(text, ()):
            if costed.used <= able:
                if costed.used <= indexes <= offered:
                    return costed
                if best is None or costed.cost < best.cost:
                    best = costed
        return best if best is None or best.used <= indexes else _in_place(best, indexes)

    def _stands_for(self, candidate: Candidate) -> Indexes:
        """The indexes of known plans that this one does the work of."""
        count, found = self._standing.get(candidate, (-1, frozenset()))
        if count != len(self._used):
            found = frozenset(each for each in self._used if each != candidate and candidate.does(each))
            self._standing[candidate] = len(self._used), found
        return found

    async def size(self, candidate: Candidate) -> int:
        """The index's size in bytes."""
        return await self._trial.size(candidate)


class Costs:
    """The costs of a workload's queries, each with the candidates that could matter to it.

    While `guessing`, a set of indexes is judged by the plans that are known: the trial is asked only what each candidate
    does alone, once for each query that it could matter to.
    """

    def __init__(self, trial: Trial, candidates: Mapping[int, Sequence[Candidate]]) -> None:
        self._known = trial if isinstance(trial, Known) else Known(trial)
        self._leading = {
            number: {(each.place, each.parts[0].text) for each in offered} | {(each.place, "") for each in offered}
            for number, offered in candidates.items()
        }
        self._sorted: set[Candidate] = set()
        self._mine: dict[int, Indexes] = dict.fromkeys(candidates, frozenset())
        self._tried: dict[int, set[Candidate]] = {}
        self._guesses: dict[int, tuple[int, dict[Indexes, Costed]]] = {}
        self.guessing = False

    @property
    def asked(self) -> int:
        """Plans that the trial was asked for: what was worked out from guesses holds as long as this does not grow."""
        return self._known.asked

    def concerned(self, query: Query, candidate: Candidate) -> bool:
        """Whether an index could matter to a query: one on the same table with the same first key was thought of."""
        return query.number in self._leading and self._leads(query.number, candidate)

    async def of(self, query: Query, indexes: Indexes) -> Costed:
        """The mean cost of the query's texts under `indexes`, and what any of them uses."""
        for each in indexes - self._sorted:
            for number in self._mine:
                if self._leads(number, each):
                    self._mine[number] |= {each}
            self._sorted.add(each)
        mine = indexes & self._mine.get(query.number, frozenset())
        if not self.guessing:
            return _mean([await self._known.cost(text, mine) for text in query.texts])
        tried = self._tried.setdefault(query.number, set())
        if mine - tried:
            for each in sorted(mine - tried, key=lambda one: one.body):
                for text in query.texts:
                    await self._known.cost(text, frozenset((each,)))
            tried |= mine
        asked, guesses = self._guesses.get(query.number, (-1, {}))
        if asked != self.asked:
            self._guesses[query.number] = self.asked, (guesses := {})
        if mine not in guesses:
            guesses[mine] = _mean(
                [self._known.guess(text, mine) or await self._known.cost(text, mine) for text in query.texts]
            )
        return guesses[mine]

    async def size(self, candidate: Candidate) -> int:
        """The index's size in bytes."""
        return await self._known.size(candidate)

    def _leads(self, number: int, candidate: Candidate) -> bool:
        first = candidate.parts[0].text if not candidate.predicate else ""
        return (candidate.place, first) in self._leading[number]


def _in_place(costed: Costed, indexes: Indexes) -> Costed:
    """The plan with those of `indexes` that do the work of what it uses."""
    used = [
        each if each in indexes else min((one for one in indexes if one.does(each)), key=lambda one: one.body)
        for each in costed.used
    ]
    return Costed(costed.cost * _WIDER, frozenset(used), costed.planned)


def _mean(found: Sequence[Costed]) -> Costed:
    used: Indexes = frozenset().union(*(each.used for each in found))
    planned = sum(each.shown for each in found)
    return Costed(sum(each.cost for each in found) / len(found), used, planned / len(found))
