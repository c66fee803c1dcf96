"""Candidates for one statement, ranked."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from common.errors import NoData, Refused
from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.candidates import propose
from tools.postgres.advise.costs import Query
from tools.postgres.advise.filling import prepared
from tools.postgres.advise.hypothetical import Hypothetical, possible
from tools.postgres.advise.search import Choice, Search
from tools.postgres.advise.sizes import estimate
from tools.postgres.advise.values import Filled
from tools.postgres.advise.writes import upkeep
from tools.postgres.connection import Postgres
from tools.postgres.plans.statement import Statement


@dataclass(frozen=True)
class Offer:
    """One candidate with what it would bring: the planner's cost after (None: not estimated) and its size in bytes."""

    candidate: Candidate
    cost_after: float | None
    size_bytes: int
    chosen: bool


@dataclass
class Offers:
    """What could be offered for one statement."""

    statement: Statement
    fills: list[Filled]
    """The statement with each set of values, at least one."""
    offers: list[Offer] = field(default_factory=list)
    cost_before: float | None = None
    cost_after: float | None = None
    how: str = ""
    why_none: str = ""


async def offers(postgres: Postgres, sql: str, trace: list[str], *, most: int = 12, seconds: float = 20.0) -> Offers:
    """The candidates for `sql`, the chosen ones first, then by the cost each leads to.

    Without HypoPG they are in the order they were thought of, their effect not estimated. Raises what `prepared` does.
    """
    statement, fills = await prepared(postgres, sql, trace)
    answer = Offers(statement, fills)
    found = propose(statement)
    usable: list[Candidate] = []
    try:
        async with postgres.session([]) as session:
            await Hypothetical.begin(session)
        usable = await possible(postgres, found)
        choice = await _tried(postgres, fills, usable, seconds, trace)
    except (NoData, Refused) as error:
        answer.how = f"not estimated: {error}"
        answer.offers = [Offer(each, None, estimate(each), False) for each in found[:most]]
        answer.why_none = "" if found else why_none(statement, False)
        return answer
    answer.how = "hypopg"
    answer.cost_before, answer.cost_after = choice.before[1], choice.after[1]
    costs = {each: cost for cost, each in choice.alone.get(1, ())}
    chosen = [Offer(each, costs.get(each, choice.after[1]), choice.sizes[each], True) for each in choice.indexes]
    rest = [Offer(each, cost, estimate(each), False) for each, cost in costs.items() if each not in choice.sizes]
    untried = [Offer(each, None, estimate(each), False) for each in found if each.method not in ("btree", "brin")]
    answer.offers = [*chosen, *untried, *rest][:most]
    if not answer.offers:
        answer.why_none = why_none(statement, bool(usable), bool(found))
    return answer


async def _tried(
    postgres: Postgres, fills: Sequence[Filled], usable: list[Candidate], seconds: float, trace: list[str]
) -> Choice:
    first, *others = (each.sql for each in fills)
    sent: list[str] = []
    async with postgres.session(sent) as session:
        trial = await Hypothetical.begin(session)
        choice = await Search(
            trial, [Query(1, first, others=tuple(others))], {1: usable}, seconds=seconds, upkeep=upkeep
        ).run()
        del sent[:]
        await trial.cost(first, frozenset())
        await trial.cost(first, frozenset(choice.indexes))
    trace += sent
    return choice


def why_none(statement: Statement, tried: bool, refused: bool = False) -> str:
    """Why there is nothing to offer."""
    if not statement.relations:
        return "the statement reads no table that is known here"
    if all(relation.table.size_bytes <= 65_536 and relation.table.analysed for relation in statement.relations):
        return "its tables are so small that reading them whole is cheapest"
    if any(r.table.row_security for r in statement.relations) and any(not t.key.plain for t in statement.terms):
        return (
            "row security allows this role an index only for LEAKPROOF comparisons, which functions of a column are not"
        )
    if tried:
        return "the planner prefers the plan it has with every index that was tried"
    if refused:
        return "what it compares is not IMMUTABLE, so it cannot be indexed: the condition must be written differently"
    if not statement.terms:
        return "it reads whole tables: there is no condition, order or join that an index could serve"
    return "every index it could use exists already"
