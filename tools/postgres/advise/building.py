"""Which candidates are built on the copy, in which order, and what becomes of statements that cannot run there."""

import math
from collections.abc import Callable, Collection, Iterable, Sequence

from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.case import Case
from tools.postgres.advise.search import Choice
from tools.postgres.advise.sizes import estimate
from tools.postgres.plans.statement import Statement
from tools.postgres.rehearsal.copy import Copy
from tools.postgres.rehearsal.names import QualifiedName

_SPECIAL = frozenset({"gin", "trigram", "partial", "latest", "extreme", "pattern", "sort", "expression"})


def wanted(cases: Sequence[Case], hypothetical: bool) -> list[Candidate]:
    """What to build, the most useful or quickest first: all, or after HypoPG those it cannot judge."""
    if not hypothetical:
        every = dict.fromkeys(each for case in cases for each in case.candidates)
        return sorted(every, key=_rank(cases))
    some = dict.fromkeys(
        each
        for case in cases
        for each in case.candidates
        if (beyond_hypopg(each) and not each.include) or (each.predicate and case.query.joins)
    )
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
    return expression or hidden


def reserved(cases: Sequence[Case]) -> int:
    """Bytes to keep free for what only the copy can judge, by estimate."""
    return sum(estimate(each) for each in {e for case in cases for e in case.candidates if e.method == "gin"})


def grown(copy: Copy, statements: Iterable[Statement]) -> dict[str, float]:
    """How many times more rows each live table has than the copy."""
    found: dict[str, float] = {}
    for statement in statements:
        for relation in statement.relations:
            table = relation.table
            copied = copy.table(QualifiedName(table.schema, table.name))
            if copied and copied.copied_rows:
                found[table.qualified] = max(1.0, table.rows / copied.copied_rows)
    return found


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
