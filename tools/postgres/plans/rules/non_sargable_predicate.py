"""non-sargable-predicate: a function or cast on the column keeps every index on it from being used."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import LARGE_ROWS, Look
from tools.postgres.plans.rules.index_text import serves

_OPS = frozenset({"=", "in", "range", "like"})


def check(look: Look) -> Iterator[Finding]:
    """Conditions on an expression over a large table that is read whole, and that no index on the expression serves."""
    if look.statement is None:
        return
    for term in look.statement.terms:
        relation = look.statement.relations[term.relation]
        if term.key.plain or term.op not in _OPS or term.joined or relation.table.rows < LARGE_ROWS:
            continue
        node = look.node_of(relation)
        if node is not None and node.kind not in ("Seq Scan", "Index Only Scan", "Index Scan"):
            continue
        if node is not None and node.kind != "Seq Scan" and node.get("Index Cond"):
            continue
        if "to_tsvector" in term.key.text or any(serves(index, term.key.text) for index in relation.table.indexes):
            continue
        yield Finding(
            code="non-sargable-predicate",
            severity=Severity.MEDIUM,
            object=f"{relation.table.qualified}.{term.key.columns[0]}",
            summary="{condition} compares {expression}, which no index holds, so {table_rows} rows are looked at",
            facts={
                "condition": term.text,
                "expression": term.key.text,
                "table_rows": round(relation.table.rows),
                "own_ms": node.exclusive_ms if node else None,
            },
            remedy="Compare the column itself (a range instead of a function of it), or index the expression",
            wrong_if="another condition already brings the rows down to few",
        )
