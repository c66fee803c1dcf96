"""The planner's cost of each statement under each set of indexes, asked for as seldom as possible."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tools.postgres.advise.candidate import Candidate

Indexes = frozenset[Candidate]
_SAME = 1.001
"""Costs nearer together than this are one: the planner's own choice is no finer (1 %, add_path)."""


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

    @property
    def texts(self) -> tuple[str, ...]:
        """The statement with each set of values."""
        return (self.sql, *self.others)


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


class Known:
    """A trial that remembers. A plan is the same under every set that lies between what it uses and what was offered.

    That is the atomic-configuration property of index selection (Finkelstein, Schkolnick, Tiberio: Physical Database
    Design for Relational Databases, 1988).
    """

    def __init__(self, trial: Trial, before: "Known | None" = None) -> None:
        """`before`: what was asked of the same server earlier is known still."""
        self._trial = trial
        self._plans: dict[str, list[tuple[Indexes, Costed]]] = before._plans if before else {}

    async def cost(self, text: str, indexes: Indexes, enough: float = -1.0) -> Costed:
        """The cost of `text` under `indexes`, asked for only when it is not known; a plan as cheap as `enough` will do."""
        plans = self._plans.setdefault(text, [])
        for offered, costed in plans:
            if costed.used <= indexes and (indexes <= offered or costed.cost <= enough):
                return costed
        costed = await self._trial.cost(text, indexes)
        plans.append((indexes, costed))
        return costed

    async def size(self, candidate: Candidate) -> int:
        """The index's size in bytes."""
        return await self._trial.size(candidate)


class Costs:
    """The costs of a workload's queries, each with the candidates that could matter to it."""

    def __init__(self, trial: Trial, candidates: Mapping[int, Sequence[Candidate]]) -> None:
        self._known = trial if isinstance(trial, Known) else Known(trial)
        self._least: dict[str, float] = {}
        self._offered = {number: frozenset(offered) for number, offered in candidates.items()}
        self._leading = {
            number: {(each.place, each.parts[0].text) for each in offered} | {(each.place, "") for each in offered}
            for number, offered in candidates.items()
        }

    def concerned(self, query: Query, candidate: Candidate) -> bool:
        """Whether an index could matter to a query: one on the same table with the same first key was thought of."""
        leading = self._leading.get(query.number, set())
        first = candidate.parts[0].text if not candidate.predicate else ""
        return (candidate.place, first) in leading

    async def of(self, query: Query, indexes: Indexes) -> Costed:
        """The mean cost of the query's texts under `indexes`, and what any of them uses."""
        mine = frozenset(each for each in indexes if self.concerned(query, each))
        found = [await self._one(text, mine) for text in query.texts]
        used: Indexes = frozenset().union(*(each.used for each in found))
        return Costed(sum(each.cost for each in found) / len(found), used)

    async def least(self, query: Query) -> float:
        """The cost of a query with all its candidates: what no choice among them is below."""
        for text in query.texts:
            if text not in self._least:
                self._least[text] = (await self._one(text, self._offered.get(query.number, frozenset()))).cost
        return sum(self._least[text] for text in query.texts) / len(query.texts)

    async def size(self, candidate: Candidate) -> int:
        """The index's size in bytes."""
        return await self._known.size(candidate)

    async def _one(self, text: str, indexes: Indexes) -> Costed:
        costed = await self._known.cost(text, indexes, self._least.get(text, -1.0) * _SAME)
        if text in self._least:
            self._least[text] = min(costed.cost, self._least[text])
        return costed
