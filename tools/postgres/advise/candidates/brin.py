"""Ranges over a column in whose order the rows lie on disk: BRIN, a thousandth of a btree's size."""

from collections.abc import Iterator

from tools.postgres.advise.candidate import Candidate, Part
from tools.postgres.advise.shape import Shape
from tools.postgres.plans.schema import Schema

_LEAST_CORRELATION = 0.95
_LEAST_ROWS = 100_000


def candidates(shape: Shape, _: Schema) -> Iterator[Candidate]:
    """One BRIN index for each range over an append-only column of a large table."""
    table = shape.relation.table
    for key in shape.range_keys:
        column = table.columns.get(key.columns[0])
        if not key.plain or column is None or column.correlation is None:
            continue
        if abs(column.correlation) >= _LEAST_CORRELATION and table.rows >= _LEAST_ROWS:
            why = f"skips the parts of {table.name} outside the range of {key.text}: rows lie in its order"
            yield Candidate(table, table.qualified, "brin", (Part(key.text),), kind="brin", why=why)
