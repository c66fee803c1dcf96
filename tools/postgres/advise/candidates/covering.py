"""INCLUDE the columns a statement reads, so that it never visits the table."""

from collections.abc import Iterator
from dataclasses import replace

from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.candidates.composite import candidate, sequences
from tools.postgres.advise.shape import Shape
from tools.postgres.plans.schema import Schema

_MOST_COLUMNS = 6
_MOST_BYTES = 80


def candidates(shape: Shape, _: Schema) -> Iterator[Candidate]:
    """Every composite candidate with the other columns that are read."""
    for parts, _kind in sequences(shape):
        found = covered(shape, candidate(shape, parts, "composite"))
        if found:
            yield found


def covered(shape: Shape, base: Candidate) -> Candidate | None:
    """`base` with the columns the statement reads besides, or None when that is nothing or too much."""
    columns = shape.relation.table.columns
    keys = {part.text for part in base.parts if part.plain}
    rest = sorted((name for name in shape.used if name in columns and name not in keys), key=list(columns).index)
    if len(rest) + len(keys) >= len(columns):
        return None  # a second copy of the table
    width = sum(columns[name].width_bytes for name in rest)
    if not rest or len(rest) > _MOST_COLUMNS or width > _MOST_BYTES or base.method != "btree":
        return None
    listed = ", ".join(rest)
    return replace(
        base, include=tuple(rest), kind="covering", why=f"{base.why}, and holds {listed}: the table is not visited"
    )
