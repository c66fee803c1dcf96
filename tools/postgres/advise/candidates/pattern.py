"""LIKE 'x%': an operator class that compares byte by byte, where the collation does not."""

from collections.abc import Iterator

from tools.postgres.advise.candidate import Candidate, Part
from tools.postgres.advise.candidates.composite import joined
from tools.postgres.advise.shape import Shape
from tools.postgres.plans.schema import Schema


def candidates(shape: Shape, _: Schema) -> Iterator[Candidate]:
    """One index for each prefix pattern, alone and behind the equality keys."""
    table = shape.relation.table
    for term in shape.others:
        column = table.columns.get(term.key.columns[0])
        if term.op != "like" or column is None or not term.value or term.value[0] in "%_":
            continue
        operators = "" if column.c_collated else "bpchar_pattern_ops" if column.base == "bpchar" else "text_pattern_ops"
        part = Part(term.key.text, term.key.plain, operators=operators)
        why = f"finds the texts of {term.key.text} that begin alike"
        for head in dict.fromkeys(((), tuple(Part(key.text, key.plain) for key in shape.keys[:3]))):
            yield Candidate(table, table.qualified, "btree", joined(head, (part,)), kind="pattern", why=why)
