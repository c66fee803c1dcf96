"""Which candidates are built on the copy, in which order, and how its answer joins that of the live server."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence

from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.case import Case
from tools.postgres.advise.merging import lean
from tools.postgres.advise.search import Choice
from tools.postgres.advise.sizes import estimate
from tools.postgres.rehearsal.copy import Copy
from tools.postgres.rehearsal.names import QualifiedName

_SPECIAL = frozenset({"gin", "trigram", "partial", "latest", "extreme", "pattern", "sort", "expression"})


def wanted(cases: Sequence[Case], chosen: Choice | None) -> list[Candidate]:
    """What to build, the most useful or quickest first: all, or after HypoPG the chosen and those it cannot judge."""
    if chosen is None:
        every = dict.fromkeys(each for case in cases for each in case.candidates)
        return sorted(every, key=_rank(cases))
    some = dict.fromkeys([*chosen.indexes, *chosen.wished])
    some.update(dict.fromkeys(lean(each) for each in list(some) if each.include))
    some.update(dict.fromkeys(each for case in cases for each in case.candidates if beyond_hypopg(each)))
    return sorted(some, key=_slow_to_build)


def beyond_hypopg(candidate: Candidate) -> bool:
    """Whether HypoPG cannot judge a candidate.

    GIN it cannot make; an expression has statistics only when its index is built; row security hides what the owner
    can use.
    """
    if candidate.method == "gin":
        return True
    expression = any(not part.plain for part in candidate.parts)
    hidden = candidate.table.row_security and any(part.operators for part in candidate.parts)
    return (expression or hidden) and not candidate.include


def reserved(cases: Sequence[Case]) -> int:
    """Bytes to keep free for what only the copy can judge, by estimate."""
    return sum(estimate(each) for each in {e for case in cases for e in case.candidates if e.method == "gin"})


def grown(copy: Copy, cases: Sequence[Case]) -> dict[str, float]:
    """How many times more rows each live table has than the copy."""
    found: dict[str, float] = {}
    for case in cases:
        for relation in case.statement.relations:
            table = relation.table
            copied = copy.table(QualifiedName(table.schema, table.name))
            if copied and copied.copied_rows:
                found[table.qualified] = max(1.0, table.rows / copied.copied_rows)
    return found


def joined(hypothetical: Choice, built: Choice, grown: Mapping[str, float], storage: float) -> Choice:
    """The copy's choice, with the live server's costs where HypoPG knew them.

    An index that only pays at live size is kept when HypoPG chose it, the copy holds a sample of its table, nothing
    that was chosen begins with the same key, and it fits.
    """
    kept = list(built.indexes)
    sizes = {**hypothetical.sizes, **built.sizes}
    for each in hypothetical.indexes:
        alike = any(other.place == each.place and other.parts[0].text == each.parts[0].text for other in kept)
        if grown.get(each.place, 1.0) > 1.5 and not alike and sum(sizes[k] for k in kept) + sizes[each] <= storage:
            kept.append(each)
    users = {**hypothetical.users, **built.users}
    return Choice(
        indexes=sorted(kept, key=lambda each: (each.place, each.name)),
        before=hypothetical.before,
        after={
            number: min(cost, built.after[number] / built.before[number] * hypothetical.before[number])
            if built.before.get(number)
            else cost
            for number, cost in hypothetical.after.items()
        },
        users={each: users[each] for each in kept if each in users},
        sizes={each: sizes[each] for each in kept},
        alone=hypothetical.alone,
        out_of_time=hypothetical.out_of_time or built.out_of_time,
    )


def beside(built: Choice, hypothetical: Choice, lost: Collection[int], storage: float) -> Choice:
    """`built` with what HypoPG chose for the statements in `lost`, which cannot be run on the copy, as far as it fits."""
    for each in hypothetical.indexes:
        users = [number for number in hypothetical.users.get(each, ()) if number in lost]
        if not users:
            continue
        if each not in built.indexes:
            if sum(built.sizes.values()) + hypothetical.sizes[each] > storage:
                continue
            built.indexes.append(each)
            built.sizes[each] = hypothetical.sizes[each]
        built.users[each] = sorted({*built.users.get(each, ()), *users})
    return built


def _slow_to_build(candidate: Candidate) -> tuple[float, int, str]:
    """B-trees first, trigrams last: a GIN index over trigrams takes longest."""
    return (float(candidate.method == "gin") + bool(candidate.extension), len(candidate.parts), candidate.name)


def _rank(cases: Sequence[Case]) -> Callable[[Candidate], tuple[float, int, str]]:
    """Which candidates to build first: every statement's best guesses before anyone's second ones, slim before wide."""
    weight: dict[Candidate, float] = {}
    total = max(1e-9, sum(case.item.weight for case in cases))
    for case in cases:
        ordered = sorted(case.candidates, key=lambda each: (bool(each.include), each.kind not in _SPECIAL))
        for position, each in enumerate(ordered):
            heavy = 1.0 + case.item.weight / total
            weight[each] = weight.get(each, 0.0) + heavy / math.sqrt(1 + position)
    return lambda each: (-weight[each], len(each.parts), each.name)
