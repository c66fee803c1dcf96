"""The broken index of an earlier attempt: IF NOT EXISTS passes over it, and a rewrite of its table builds it."""

from collections.abc import Iterator

from pglast import ast

from common.findings import Finding, Severity
from tools.postgres.rehearsal.broken import rebuilt
from tools.postgres.rehearsal.case import Case


def check(case: Case) -> Iterator[Finding]:
    """An index that is there on the live server and is not valid, and is asked for or built anew."""
    for statement in case.trial.up:
        node = statement.node
        if not isinstance(node, ast.IndexStmt) or not node.if_not_exists or node.relation is None:
            continue
        schema = case.table(node.relation).schema
        for broken in (each.name for each in case.invalid_indexes):
            if broken.name == node.idxname and broken.schema == schema:
                yield case.found(
                    "retry-over-invalid-index", Severity.HIGH, broken,
                    "Statement {statement} finds this index and does nothing, but it is not valid: no query uses it",
                    statement=statement.number, remedy=f"DROP INDEX CONCURRENTLY {broken};",
                )  # fmt: skip
    fails = {(each.statement, each.object) for each in case.answers if each.against}
    for statement, index, _ in rebuilt(case):
        if (statement.number, str(index.name)) not in fails:  # live_rows.py says so of those that do
            yield case.found(
                "retry-over-invalid-index", Severity.LOW, index.name,
                "Statement {statement} builds this index anew on the live server, where it is not valid: the copy has none,"
                " so that the figures hold no time for it",
                statement=statement.number, remedy=f"DROP INDEX CONCURRENTLY {index.name}; before the migration",
            )  # fmt: skip
