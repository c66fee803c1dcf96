"""The kinds of index that are thought of: one file a kind, and this list."""

from collections.abc import Callable, Iterator

from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.candidates import (
    brin,
    composite,
    covering,
    extreme,
    foreign_key,
    gin,
    latest,
    partial,
    pattern,
    trigram,
)
from tools.postgres.advise.shape import Shape, shapes
from tools.postgres.plans.schema import Schema
from tools.postgres.plans.statement import Statement

Kind = Callable[[Shape, Schema], Iterator[Candidate]]

KINDS: tuple[Kind, ...] = (
    composite.candidates,
    latest.candidates,
    extreme.candidates,
    partial.candidates,
    covering.candidates,
    gin.candidates,
    trigram.candidates,
    pattern.candidates,
    brin.candidates,
    foreign_key.candidates,
)


def propose(statement: Statement) -> list[Candidate]:
    """Every index that might help the statement and does not exist yet, in a fixed order."""
    found: dict[Candidate, None] = {}
    for shape in shapes(statement):
        for kind in KINDS:
            for each in kind(shape, statement.schema):
                if not any(each.served_by(index) for index in shape.relation.table.indexes):
                    found.setdefault(each)
    return list(found)
