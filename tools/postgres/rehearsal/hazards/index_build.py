"""An index built without CONCURRENTLY: writers wait until it is done."""

from collections.abc import Iterator
from typing import Any

from pglast import ast

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import LONG_MS, Case
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.remedies import instead


def check(case: Case) -> Iterator[Finding]:
    """CREATE INDEX, REINDEX or a constraint's index on a table that was there before, and is not small."""
    for step in case.trial.steps:
        statement = case.statement(step.number)
        node = statement.node
        if not step.built or step.rewritten or step.error is not None or statement.concurrently:
            continue
        for lock in step.locks:
            table = lock.object
            if "writes" not in lock.blocks or case.new(table) or case.small(table):
                continue
            if table not in case.built_on(step):
                continue
            live_ms = case.live_ms(step)
            reads = "reads" in lock.blocks
            yield case.found(
                "index-build-blocks-writes", Severity.HIGH if live_ms > LONG_MS else Severity.MEDIUM, table,
                "Statement {statement} builds an index over about {live_rows} rows; "
                + ("readers and writers" if reads else "writers")
                + " wait for about {live_ms}",
                statement=step.number, live_rows=case.size(table)[0], live_ms=round(live_ms, 3),
                remedy=instead(case, step) or _remedy(node, table),
                wrong_if="nobody writes to the table while it is built",
            )  # fmt: skip


def _remedy(node: Any, table: QualifiedName) -> str:
    if isinstance(node, ast.ReindexStmt):
        return f"REINDEX TABLE CONCURRENTLY {table}; outside a transaction"
    return "CREATE INDEX CONCURRENTLY, outside a transaction; on a partitioned table one partition after the other."
