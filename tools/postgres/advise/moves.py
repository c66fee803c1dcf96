"""Additions worth trying for one statement: the best single candidates, and what the planner takes of all."""

from collections.abc import Callable, Sequence
from itertools import islice, product

from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.costs import Costed, Costs, Indexes, Query

_KEPT = 8
_PEELED = 12
_SLIMMED = 12
_HELPED = 0.99
"""Of the cost before: what is above is as good as nothing."""

Alone = list[tuple[float, Candidate]]
"""Candidates that help a statement by themselves, best first, with the planner's cost that each leads to."""


async def moves(
    query: Query, base: float, candidates: Sequence[Candidate], costs: Costs, late: Callable[[], bool]
) -> tuple[list[Indexes], Alone]:
    """The additions, and what helps alone. `base`: the statement's cost without any; `late`: whether time is up."""
    offered = frozenset(candidates)
    plain = frozenset(each for each in offered if not each.include)
    alone: dict[Candidate, Costed] = {}
    for place in dict.fromkeys(each.place for each in candidates):
        for choice in (plain, offered):
            there = frozenset(each for each in choice if each.place == place)
            await _peel(query, base, there, alone, costs, late)
    best = sorted(
        alone.items(), key=lambda pair: (pair[1].cost, len(pair[0].parts), len(pair[0].include), pair[0].name)
    )
    found = [frozenset((each,)) for each, _ in best[:_KEPT]]
    # The cheapest to hold may lose to wider ones everywhere and still be the one to have.
    lean = sorted((each for each in alone if not each.include), key=lambda one: (len(one.parts), one.name))
    found += [frozenset((each,)) for each in lean[:_KEPT]]
    for choice in (offered, plain):
        together = await costs.of(query, choice)
        if len(together.used) > 1 and together.cost < base * _HELPED:
            found += [together.used, *(frozenset((each,)) for each in together.used)]
            for slim in _slimmer(together.used, plain):
                if late():
                    break
                costed = await costs.of(query, slim)
                if len(costed.used) > 1 and costed.cost < base * _HELPED:
                    found.append(costed.used)
    return list(dict.fromkeys(found)), [(costed.shown, each) for each, costed in best]


def _slimmer(used: Indexes, plain: Indexes) -> list[Indexes]:
    """The same with fewer columns: each index, or an index that has only the first of its keys, in all combinations."""
    choices = [
        [each, *sorted((one for one in plain if _begins(each, one)), key=lambda one: (len(one.parts), one.body))]
        for each in sorted(used, key=lambda one: one.body)
    ]
    return [frozenset(some) for some in islice(product(*choices), 1, 1 + _SLIMMED)]


def _begins(longer: Candidate, shorter: Candidate) -> bool:
    if (longer.place, longer.method, longer.predicate) != (shorter.place, shorter.method, shorter.predicate):
        return False
    count = len(shorter.parts)
    return shorter != longer and [part.text for part in longer.parts[:count]] == [part.text for part in shorter.parts]


async def _peel(
    query: Query,
    base: float,
    offered: Indexes,
    alone: dict[Candidate, Costed],
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
                    alone[each] = single
        offered -= costed.used
