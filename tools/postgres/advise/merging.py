"""Small changes of a set of indexes: one left out, one in place of another, two merged, one without its INCLUDE."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.costs import Indexes

_MOST_INCLUDED = 8


def exchanges(chosen: Indexes, offered: Iterable[Candidate], inventive: bool) -> Iterator[tuple[Indexes, Indexes]]:
    """What may go and what may come for it, in a fixed order. `inventive`: also indexes that nobody offered."""
    ranked = sorted(chosen, key=lambda each: each.body)
    others = [each for each in offered if each not in chosen]
    for one in ranked:
        yield frozenset((one,)), frozenset()
    for one in ranked:
        swaps: dict[Candidate, None] = {}
        if inventive and one.include:
            swaps[lean(one)] = None
            for name in one.include:
                swaps[replace(one, include=tuple(each for each in one.include if each != name))] = None
        for each in others:
            if _alike(each, one):
                swaps[each] = None
                both_ways = merge(each, one) if inventive else None
                if both_ways is not None:
                    swaps[both_ways] = None
        for each in swaps:
            if each not in chosen:
                yield frozenset((one,)), frozenset((each,))
    for one in ranked:
        for other in ranked:
            if one is other or not _alike(one, other):
                continue
            merged = merge(one, other)
            if merged is None:
                continue
            both = frozenset((one, other))
            if inventive and merged not in both:
                yield both, frozenset((merged,))
                yield both, frozenset((lean(merged),))
            for each in others:
                if _alike(each, one) and each.parts[0].text == one.parts[0].text:
                    yield both, frozenset((each,))


def merge(longer: Candidate, shorter: Candidate) -> Candidate | None:
    """One btree that does what both do: the shorter's keys begin the longer's (read either way). None when they do not."""
    if (longer.method, longer.predicate) != ("btree", shorter.predicate) or shorter.method != "btree":
        return None
    if len(shorter.parts) > len(longer.parts):
        return None
    pairs = list(zip(longer.parts, shorter.parts, strict=False))
    if any((one.text, one.operators) != (other.text, other.operators) for one, other in pairs):
        return None
    keys = {part.text for part in longer.parts}
    include = dict.fromkeys(name for name in (*longer.include, *shorter.include) if name not in keys)
    if len(include) > _MOST_INCLUDED:
        return None
    why = longer.why if longer.why == shorter.why else f"{longer.why}; {shorter.why}"
    kind = "covering" if include else longer.kind
    return replace(longer, include=tuple(include), kind=kind, why=why)


def lean(candidate: Candidate) -> Candidate:
    """The same index without INCLUDE."""
    kind = candidate.kind
    if kind == "covering":
        kind = "single" if len(candidate.parts) == 1 else "composite"
    return replace(candidate, include=(), kind=kind, why=candidate.why.split(", and holds ")[0])


def _alike(one: Candidate, other: Candidate) -> bool:
    """Whether one could stand for the other: on the same table, the same first key, or all keys of one in the other."""
    if one.place != other.place:
        return False
    mine, its = {part.text for part in one.parts}, {part.text for part in other.parts}
    return one.parts[0].text == other.parts[0].text or mine <= its or its <= mine
