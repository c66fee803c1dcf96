"""An index built without CONCURRENTLY: writers wait until it is done."""

from collections.abc import Iterator

from pglast import ast

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import LONG_MS, Case


def check(case: Case) -> Iterator[Finding]:
    """CREATE INDEX or REINDEX on a table that was there before, and is not small."""
    for statement in case.trial.up:
        node = statement.node
        if not isinstance(node, ast.IndexStmt) or statement.concurrently or node.relation is None:
            continue
        table = case.table(node.relation)
        step = next((each for each in case.trial.steps if each.number == statement.number), None)
        if case.new(table) or step is None or step.error is not None or case.small(table):
            continue
        rows, _ = case.size(table)
        live_ms = case.live_ms(step, table)
        yield case.found(
            "index-build-blocks-writes", Severity.HIGH if live_ms > LONG_MS else Severity.MEDIUM, table,
            "Statement {statement} builds an index over about {live_rows} rows; writers wait for about {live_ms}",
            statement=statement.number, live_rows=rows, live_ms=round(live_ms, 3),
            remedy="CREATE INDEX CONCURRENTLY, outside a transaction.",
            wrong_if="nobody writes to the table while it is built",
        )  # fmt: skip
