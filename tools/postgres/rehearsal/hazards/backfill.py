"""Rows changed in the transaction that already holds a strong lock."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import Case


def check(case: Case) -> Iterator[Finding]:
    """A statement that changes rows after DDL of the same transaction, on a table that is not small."""
    locked: list[object] = []
    for step in case.trial.steps:
        statement = case.statement(step.number)
        if not statement.in_transaction:
            locked = []
            continue
        if step.rows >= 0 and locked:
            changed = [each for each in step.tables if each in locked and not case.small(each)]
            if changed:
                yield case.found(
                    "ddl-and-backfill-together", Severity.HIGH, changed[0],
                    "Statement {statement} changes {copied_rows} rows of the copy while the transaction holds a strong lock",
                    statement=step.number, copied_rows=step.rows,
                    remedy="Commit the change of the table first, then fill it in batches of their own.",
                )  # fmt: skip
        locked += [lock.object for lock in step.locks if lock.blocks and not case.new(lock.object)]
