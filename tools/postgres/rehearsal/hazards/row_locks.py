"""Rows that stay locked while one statement changes very many of them."""

from collections.abc import Iterator

from pglast import ast

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import LONG_MS, SMALL_ROWS, Case


def check(case: Case) -> Iterator[Finding]:
    """An UPDATE or DELETE that takes long at live size: whoever writes to one of its rows waits until it commits."""
    for step in case.trial.steps:
        node = case.statement(step.number).node
        if not isinstance(node, ast.UpdateStmt | ast.DeleteStmt) or node.relation is None or step.error is not None:
            continue
        table = case.table(node.relation)
        live_rows, live_ms = round(step.rows * case.scale(table)), case.live_ms(step)
        if case.new(table) or live_rows <= SMALL_ROWS or live_ms <= LONG_MS:
            continue
        if case.statement(step.number).in_transaction and _locked_before(case, step.number):
            continue  # ddl-and-backfill-together says the worse of it
        yield case.found(
            "lock-blocks-writes", Severity.HIGH, table,
            "Statement {statement} keeps about {live_rows} rows locked for about {live_ms}: whoever writes to one of them"
            " waits, and vacuum can remove nothing meanwhile",
            statement=step.number, live_rows=live_rows, live_ms=round(live_ms, 3),
            remedy="Do it in batches of a few thousand rows by key, each committed: … WHERE <key> BETWEEN a AND b.",
            wrong_if="nobody writes to these rows while it runs",
        )  # fmt: skip


def _locked_before(case: Case, number: int) -> bool:
    earlier = [step for step in case.trial.steps if step.number < number and case.statement(step.number).in_transaction]
    return any(lock.blocks and not case.new(lock.object) for step in earlier for lock in step.locks)
