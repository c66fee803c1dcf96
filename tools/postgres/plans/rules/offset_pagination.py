"""offset-pagination: OFFSET reads and throws away all the pages before."""

from collections.abc import Iterator

from pglast import ast

from common.findings import Finding, Severity
from tools.postgres.plans.conditions import constant
from tools.postgres.plans.look import Look

_LEAST_SKIPPED = 1000


def check(look: Look) -> Iterator[Finding]:
    """OFFSETs over a thousand rows or more, as written or as measured."""
    tree = look.statement.tree if look.statement else None
    if look.statement is None or not isinstance(tree, ast.SelectStmt) or tree.limitOffset is None:
        return
    written, _ = constant(tree.limitOffset)
    skipped = int(written) if written and written.isdigit() else 0
    limit = next((node for node in look.nodes if node.kind == "Limit"), None)
    if limit is not None and limit.children and limit.rows is not None:
        skipped = max(0, round((limit.children[0].rows or 0.0) - limit.rows))
    if skipped < _LEAST_SKIPPED:
        return
    first = look.statement.relations[0].table.qualified if look.statement.relations else "statement"
    yield Finding(
        code="offset-pagination",
        severity=Severity.MEDIUM,
        object=first,
        summary="OFFSET reads {skipped_rows} rows only to throw them away, more with each page",
        facts={"skipped_rows": skipped},
        remedy="Keyset pagination: remember the last row's sort keys and ask for rows after them, with an index in that order",
        wrong_if="users jump to arbitrary page numbers and nothing else will do",
    )
