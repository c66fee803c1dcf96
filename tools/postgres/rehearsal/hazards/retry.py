"""IF NOT EXISTS that finds the broken index of an earlier attempt and passes over it."""

from collections.abc import Iterator

from pglast import ast

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import Case


def check(case: Case) -> Iterator[Finding]:
    """The index that is asked for is there on the live server and is not valid."""
    for statement in case.trial.up:
        node = statement.node
        if not isinstance(node, ast.IndexStmt) or not node.if_not_exists or node.relation is None:
            continue
        schema = case.table(node.relation).schema
        for broken in case.invalid_indexes:
            if broken.name == node.idxname and broken.schema == schema:
                yield case.found(
                    "retry-over-invalid-index", Severity.HIGH, broken,
                    "Statement {statement} finds this index and does nothing, but it is not valid: no query uses it",
                    statement=statement.number, remedy=f"DROP INDEX CONCURRENTLY {broken};",
                )  # fmt: skip
