"""CONCURRENTLY inside a transaction block, which PostgreSQL refuses."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import Case


def check(case: Case) -> Iterator[Finding]:
    """The statement stands between BEGIN and COMMIT."""
    for statement in case.trial.up:
        if statement.concurrently and statement.in_transaction:
            yield case.found(
                "concurrently-in-transaction", Severity.HIGH, f"statement {statement.number}",
                "Statement {statement} says CONCURRENTLY inside a transaction: it fails",
                statement=statement.number, remedy="Take it out of BEGIN … COMMIT, into a file of its own.",
            )  # fmt: skip
