"""Additions worth trying for one statement: the best single candidates, and what the planner takes of all."""

from collections.abc import Callable, Sequence

from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.costs import Costs, Indexes, Query

_KEPT = 8
_PEELED = 12
_HELPED = 0.99
"""Of the cost before: what is above is as good as nothing."""

Alone = list[tuple[float, Candidate]]
"""Candidates that help a statement by themselves, best first, with the cost each leads to."""


async def moves(
    query: Query, base: float, candidates: Sequence[Candidate], costs: Costs, late: Callable[[], bool]
) -> tuple[list[Indexes], Alone]:
    """The additions, and what helps alone. `base`: the statement's cost without any; `late`: whether time is up."""
    offered = frozenset(candidates)
    plain = frozenset(each for each in offered if not each.include)
    alone: dict[Candidate, float] = {}
    for place in dict.fromkeys(each.place for each in candidates):
        for choice in (plain, offered):
            there = frozenset(each for each in choice if each.place == place)
            await _peel(query, base, there, alone, costs, late)
    best = sorted(alone.items(), key=lambda pair: (pair[1], len(pair[0].parts), len(pair[0].include), pair[0].name))
    found = [frozenset((each,)) for each, _ in best[:_KEPT]]
    # The cheapest to hold may lose to wider ones everywhere and still be the one to have.
    lean = sorted((each for each in alone if not each.include), key=lambda one: (len(one.parts), one.name))
    found += [frozenset((each,)) for each in lean[:_KEPT]]
    for choice in (offered, plain):
        together = await costs.of(query, choice)
        if len(together.used) > 1 and together.cost < base * _HELPED:
            found += [together.used, *(frozenset((each,)) for each in together.used)]
    return list(dict.fromkeys(found)), [(cost, each) for each, cost in best]


async def _peel(
    query: Query,
    base: float,
    offered: Indexes,
    alone: dict[Candidate, float],
    costs: Costs,
    late: Callable[[], bool],
) -> None:
    """Add to `alone` the candidates of one table that help by themselves, the best first.

    The planner picks the best of all that are left, which are then taken away, until nothing left helps: what it would
    never pick is not asked about one by one.
    """
    for _ in range(_PEELED):
        if late():
            return
        costed = await costs.of(query, offered)
        if not costed.used:
            return
        for each in sorted(costed.used, key=lambda one: one.body):
            if each not in alone:
                single = await costs.of(query, frozenset((each,)))
                if single.cost < base * _HELPED and each in single.used:
                    alone[each] = single.cost
        offered -= costed.used
