"""Foreign keys without an index: joins, and deletes of the row referred to, read the whole table."""

from collections.abc import Iterator

from tools.postgres.advise.candidate import Candidate, Part
from tools.postgres.advise.shape import Shape
from tools.postgres.plans.names import quoted
from tools.postgres.plans.schema import Schema


def candidates(shape: Shape, _: Schema) -> Iterator[Candidate]:
    """One index for each foreign key of the table whose columns the statement uses."""
    table = shape.relation.table
    for reference in table.references:
        if not {*reference.columns} <= shape.used:
            continue
        parts = tuple(Part(quoted(name)) for name in reference.columns)
        why = f"serves the foreign key to {reference.target}: joins, and deletes there"
        yield Candidate(table, table.qualified, "btree", parts, kind="foreign-key", why=why)
