"""Ranges over a column in whose order the rows lie on disk, or one day or month of it: BRIN, a thousandth of a btree's size."""

import re
from collections.abc import Iterator

from tools.postgres.advise.candidate import Candidate, Part
from tools.postgres.advise.shape import Shape
from tools.postgres.plans.schema import Schema

_LEAST_CORRELATION = 0.95
_LEAST_ROWS = 100_000
_TRUNCATED = re.compile(r"(pg_catalog\.)?date_trunc\(", re.IGNORECASE)
"""An expression that keeps the order of its column."""


def candidates(shape: Shape, _: Schema) -> Iterator[Candidate]:
    """One BRIN index for each range over an append-only column of a large table, and each date_trunc() of one."""
    table = shape.relation.table
    for key in (*shape.range_keys, *(key for key in shape.keys if _TRUNCATED.match(key.text))):
        column = table.columns.get(key.columns[0]) if len(key.columns) == 1 else None
        if column is None or column.correlation is None or not (key.plain or _TRUNCATED.match(key.text)):
            continue
        if abs(column.correlation) >= _LEAST_CORRELATION and table.rows >= _LEAST_ROWS:
            why = f"skips the parts of {table.name} outside the range of {key.text}: rows lie in its order"
            yield Candidate(table, table.qualified, "brin", (Part(key.text, key.plain),), kind="brin", why=why)
