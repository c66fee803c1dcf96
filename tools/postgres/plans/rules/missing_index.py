"""missing-index: a large table is read whole for a few rows, and no index begins with what is asked for."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import LARGE_ROWS, Look
from tools.postgres.plans.names import quoted
from tools.postgres.plans.statement import Relation, Statement
from tools.postgres.plans.tree import Node

_MOST_KEPT = 0.05


def check(look: Look) -> Iterator[Finding]:
    """Every sequential scan that an index on the statement's own conditions would avoid."""
    for node in look.nodes:
        relation = look.relation(node)
        if node.kind != "Seq Scan" or relation is None or look.statement is None:
            continue
        if look.read_rows(node) < LARGE_ROWS * max(1, node.loops or 1) or look.kept_share(node) > _MOST_KEPT:
            continue
        keys = wanted(look.statement, relation)
        if not keys or any(index.valid and index.keys[0] in keys for index in relation.table.indexes):
            continue
        share = look.share(node)
        name = f"{quoted(relation.table.schema)}.{quoted(relation.table.name)}"
        yield Finding(
            code="missing-index",
            severity=Severity.HIGH if share is None or share >= 0.3 else Severity.MEDIUM,
            object=relation.table.qualified,
            summary="{read_rows} rows are read to keep {kept_share}: no index begins with {columns}",
            facts={
                "read_rows": round(look.read_rows(node)),
                "kept_share": look.kept_share(node),
                "own_ms": node.exclusive_ms,
                "columns": ", ".join(keys),
                "node": node.number,
            },
            remedy=f"CREATE INDEX CONCURRENTLY ON {name} ({', '.join(keys[:3])})",
            wrong_if="other values of the parameters keep a large part of the table",
        )


def wanted(statement: Statement, relation: Relation) -> list[str]:
    """Plain columns that an index could begin with: equality first, then ranges."""
    mine = [
        term
        for block in statement.blocks
        for term in block.terms
        if term.relation == relation.number and term.key.plain
    ]
    columns = relation.table.columns
    equal = {term.key for term in mine if term.op in ("=", "in")}
    ranked = sorted(equal, key=lambda key: (-columns[key.columns[0]].distinct, key.text))
    ranges = sorted({term.key for term in mine if term.op == "range"} - equal)
    return [key.text for key in (*ranked, *ranges[:1])]


def explains(look: Look, node: Node) -> bool:
    """Whether missing-index already says what is wrong with a scan."""
    return any(finding.facts["node"] == node.number for finding in check(look))
