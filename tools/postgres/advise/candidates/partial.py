"""Only the rows a constant condition picks: WHERE in the index."""

from collections.abc import Iterator
from dataclasses import replace

from tools.postgres.advise.candidate import Candidate, Part
from tools.postgres.advise.candidates.composite import candidate, joined, ordered, sequences
from tools.postgres.advise.candidates.covering import covered
from tools.postgres.advise.shape import Shape
from tools.postgres.plans.schema import Schema
from tools.postgres.plans.statement import Term

_MOST_SHARE = 0.35
_MOST_VALUES = 12
"""A literal compared with a column of more values is taken for one user's value, not for a constant of the program."""


def candidates(shape: Shape, _: Schema) -> Iterator[Candidate]:
    """Each selective constant condition as predicate, with the other keys (or its own column) as keys."""
    for term in (*shape.equal, *shape.others):
        share = picked(shape, term)
        if share is None or share > _MOST_SHARE:
            continue
        rest = replace(shape, equal=tuple(each for each in shape.equal if each is not term))
        keys = [parts for parts, _ in sequences(rest) if all(part.text != term.key.text for part in parts)]
        keys += [ordered(order) for order in rest.ranked]
        if not keys:
            keys = [joined((), (Part(term.key.text, term.key.plain),))]
        for parts in dict.fromkeys(keys):
            why = f"holds only the rows where {term.text}"
            found = replace(candidate(shape, parts, "partial"), predicate=term.text, why=why)
            yield found
            more = covered(replace(shape, used=shape.used - {*term.key.columns}), found)
            if more:
                yield replace(more, kind="partial", why=why + ", with the columns that are read")


def picked(shape: Shape, term: Term) -> float | None:
    """The share of rows that a constant condition picks, or None when it is no condition for a partial index."""
    column = shape.relation.table.columns.get(term.key.columns[0]) if term.key.columns else None
    if column is None or not term.literal or not term.key.plain or not column.analysed:
        return None
    match term.op:
        case "=" if term.value is not None and 0 < column.distinct <= _MOST_VALUES:
            return column.share(term.value)
        case "null":
            return column.null_share
        case "not null":
            return 1.0 - column.null_share
        case "true":
            return column.share("t")
        case "false":
            return column.share("f")
        case _:
            return None
