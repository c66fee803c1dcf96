"""Columns in the right order: equality first, then one range or the wanted sort order; one per arm of an OR."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from tools.postgres.advise.candidate import Candidate, Part
from tools.postgres.advise.shape import Shape
from tools.postgres.plans.schema import Schema
from tools.postgres.plans.statement import Key, Order

_MOST_KEYS = 4
_MOST_EQUAL = 5


def candidates(shape: Shape, _: Schema) -> Iterator[Candidate]:
    """Every useful sequence of keys, shortest first."""
    for parts, kind in sequences(shape):
        yield candidate(shape, parts, kind)


def sequences(shape: Shape) -> Iterator[tuple[tuple[Part, ...], str]]:
    """Key sequences with what they are for (`single`, `composite`, `sort`, `expression`, `or`)."""
    seen: set[tuple[Part, ...]] = set()
    for head in heads(shape):
        tails: list[tuple[tuple[Part, ...], str]] = [((), "composite")]
        tails += [((_part(key),), "composite") for key in shape.range_keys]
        tails += [(ordered(order), "sort") for order in shape.orders]
        for tail, kind in tails:
            parts = joined(head, tail)
            if parts and parts not in seen and len(parts) <= _MOST_KEYS + 1:
                seen.add(parts)
                yield parts, _kind(parts, "or" if shape.arm and kind != "sort" else kind)


def heads(shape: Shape) -> Iterator[tuple[Part, ...]]:
    """The equality keys that may stand first: none, each choice of them, with or without one join key."""
    equal = shape.keys[:_MOST_EQUAL]
    choices: list[tuple[Key, ...]] = [()]
    for size in range(1, min(len(equal), 3) + 1):
        choices += combinations(equal, size)
    if len(equal) > 3:
        choices.append(equal[:_MOST_KEYS])
    for choice in choices:
        yield tuple(_part(key) for key in choice)
    for join in shape.join_keys:
        yield (_part(join),)
        for choice in (*((key,) for key in equal), equal[: _MOST_KEYS - 1]):
            if choice:
                yield joined(tuple(_part(key) for key in choice), (_part(join),))
                yield joined((_part(join),), tuple(_part(key) for key in choice))
    if len(shape.join_keys) > 1:
        yield tuple(_part(key) for key in shape.join_keys[:3])


def joined(head: Sequence[Part], tail: Sequence[Part]) -> tuple[Part, ...]:
    """`head` then `tail`, keys that are in the head already left out of the tail."""
    known = {part.text for part in head}
    return (*head, *(part for part in tail if part.text not in known))


def ordered(order: Sequence[Order]) -> tuple[Part, ...]:
    """The keys of an ORDER BY, turned round when all descend: a btree is read either way."""
    parts = tuple(Part(each.key.text, each.key.plain, each.descending, each.nulls_first) for each in order)
    if all(part.descending and part.nulls_first in (None, True) for part in parts):
        return tuple(Part(part.text, part.plain) for part in parts)
    return parts


def candidate(shape: Shape, parts: tuple[Part, ...], kind: str, **more: object) -> Candidate:
    """A btree candidate on the shape's table."""
    table = shape.relation.table
    keys = ", ".join(part.text for part in parts)
    why = {
        "sort": f"hands the rows of {table.name} over in the wanted order of {keys}",
        "or": f"finds the rows of one arm of the OR by {keys}",
    }.get(kind, f"finds the rows of {table.name} by {keys}")
    return Candidate(table, table.qualified, "btree", parts, kind=kind, why=why, **more)  # type: ignore[arg-type]


def _part(key: Key) -> Part:
    return Part(key.text, key.plain)


def _kind(parts: tuple[Part, ...], kind: str) -> str:
    if any(not part.plain for part in parts):
        return "expression"
    return "single" if kind == "composite" and len(parts) == 1 else kind
