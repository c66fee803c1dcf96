"""Containment in JSON and arrays, and full text: GIN."""

from collections.abc import Iterator

from tools.postgres.advise.candidate import Candidate, Part
from tools.postgres.advise.shape import Shape
from tools.postgres.plans.schema import Schema

_JSON_PATH = frozenset({"@>", "@?", "@@"})
_JSON_KEYS = frozenset({"?", "?|", "?&"})
_ARRAY = frozenset({"@>", "&&", "<@"})


def candidates(shape: Shape, _: Schema) -> Iterator[Candidate]:
    """One GIN index for each containment or full-text condition."""
    table = shape.relation.table
    for term in shape.others:
        column = table.columns.get(term.key.columns[0])
        if column is None:
            continue
        operators = ""
        if "to_tsvector" in term.key.text or (term.key.plain and column.base == "tsvector"):
            if term.op != "@@":
                continue
        elif term.key.plain and column.base == "jsonb":
            if term.op in _JSON_PATH:
                operators = "jsonb_path_ops"
            elif term.op not in _JSON_KEYS:
                continue
        elif not (term.key.plain and column.category == "A" and term.op in _ARRAY):
            continue
        why = f"finds what {term.key.text} contains ({term.op})"
        part = Part(term.key.text, term.key.plain, operators=operators)
        yield Candidate(table, table.qualified, "gin", (part,), kind="gin", why=why)
