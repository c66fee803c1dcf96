"""leading-wildcard-like: LIKE '%…' cannot use a btree."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import LARGE_ROWS, Look


def check(look: Look) -> Iterator[Finding]:
    """Patterns that begin with a wildcard, over a large table without a trigram index on the column."""
    if look.statement is None:
        return
    for term in look.statement.terms:
        table = look.statement.relations[term.relation].table
        if term.op not in ("like", "ilike") or not (term.value or "").startswith(("%", "_")) or table.rows < LARGE_ROWS:
            continue
        if any(index.method in ("gin", "gist") and term.key.columns[0] in index.keys for index in table.indexes):
            continue
        node = look.node_of(look.statement.relations[term.relation])
        if node is not None and node.get("Index Cond"):
            continue
        yield Finding(
            code="leading-wildcard-like",
            severity=Severity.MEDIUM,
            object=f"{table.qualified}.{term.key.columns[0]}",
            summary="{condition} begins with a wildcard: {table_rows} rows are compared one by one",
            facts={
                "condition": term.text,
                "table_rows": round(table.rows),
                "own_ms": node.exclusive_ms if node else None,
            },
            remedy="An index over trigrams (extension pg_trgm): "
            f"CREATE INDEX CONCURRENTLY ON {table.qualified} USING gin ({term.key.text} gin_trgm_ops)",
            wrong_if="the text searched for has fewer than three letters, which trigrams do not help",
        )
