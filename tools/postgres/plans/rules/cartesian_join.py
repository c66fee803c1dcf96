"""cartesian-join: two inputs are combined with no condition between them."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import Look
from tools.postgres.plans.tree import Node

_LEAST_ROWS = 10_000.0


def check(look: Look) -> Iterator[Finding]:
    """Nested loops with no join condition anywhere, over more than one row on both sides."""
    for node in look.nodes:
        if node.kind != "Nested Loop" or node.get("Join Filter") or len(node.children) < 2:
            continue
        outer, inner = node.children[0], node.children[1]
        many = [each.actual_rows if each.loops is not None else each.estimated_rows for each in (outer, inner)]
        rows = node.rows if node.rows is not None else node.estimated_rows
        if min(each or 0.0 for each in many) < 2 or rows < _LEAST_ROWS or _depends(inner, outer):
            continue
        names = [
            name for side in (outer, inner) for name in [next((n.table for n in side.walk() if n.table), "")] if name
        ]
        yield Finding(
            code="cartesian-join",
            severity=Severity.HIGH,
            object=look.name(next((n for n in inner.walk() if n.table), inner)) or "join",
            summary="{tables} are combined row by row with no condition between them: {joined_rows} rows",
            facts={"tables": " and ".join(names), "joined_rows": round(rows), "own_ms": node.inclusive_ms},
            remedy="Add the join condition that is missing, or write CROSS JOIN where it is meant",
            wrong_if="every combination is wanted",
        )


def _depends(inner: Node, outer: Node) -> bool:
    """Whether the inner side's conditions mention the outer side, or values handed down from it."""
    names = {each.alias for each in outer.walk() if each.alias}
    texts = [text for each in inner.walk() for text in each.conditions.values()]
    caches = any(each.kind == "Memoize" for each in inner.walk())
    return caches or any(f"{name}." in text for name in names for text in texts) or any("$" in text for text in texts)
