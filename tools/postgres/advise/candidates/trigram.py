"""LIKE '%x%', ILIKE and regular expressions: GIN over trigrams (pg_trgm)."""

from collections.abc import Iterator

from tools.postgres.advise.candidate import Candidate, Part
from tools.postgres.advise.shape import Shape
from tools.postgres.plans.schema import Schema


def candidates(shape: Shape, schema: Schema) -> Iterator[Candidate]:
    """One trigram index for each pattern that does not begin with its first letters."""
    if "pg_trgm" not in schema.extensions | schema.available:
        return
    table = shape.relation.table
    home = schema.homes.get("pg_trgm", "public")
    operators = "gin_trgm_ops" if home == "public" else f"{home}.gin_trgm_ops"
    for term in shape.others:
        anchored = term.op == "like" and (term.value or "%")[0] not in "%_"
        if term.op not in ("like", "ilike", "regex") or anchored or len((term.value or "").strip("%_")) < 3:
            continue
        part = Part(term.key.text, term.key.plain, operators=operators)
        why = f"finds a text anywhere in {term.key.text} by its trigrams"
        yield Candidate(table, table.qualified, "gin", (part,), kind="trigram", why=why)
