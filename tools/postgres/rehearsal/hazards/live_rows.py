"""Rows of the live server that a statement would fail on."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import Case


def check(case: Case) -> Iterator[Finding]:
    """One finding for every question whose answer is not zero."""
    failed = case.trial.failed
    broken = {str(each.name) for each in case.invalid_indexes}
    for answer in case.answers:
        if answer.against == 0 or (failed is not None and failed.number == answer.statement):
            continue
        if answer.object in broken:
            yield case.found(
                "fails-on-existing-data", Severity.HIGH, answer.object,
                "Statement {statement} fails on the live server: it builds this unique index anew, which is not valid there"
                " and not on the copy; " + answer.counted,
                statement=answer.statement, against=answer.against,
                remedy=f"DROP INDEX CONCURRENTLY {answer.object}; before the migration: no query uses it.",
            )  # fmt: skip
            continue
        yield case.found(
            "fails-on-existing-data", Severity.HIGH, answer.object,
            "Statement {statement} fails on the live rows: " + answer.counted,
            statement=answer.statement, against=answer.against,
            remedy="Mend these rows first; some of them are listed by: " + answer.listed,
        )  # fmt: skip
    for unasked in case.unasked:
        yield case.found(
            "fails-on-existing-data", Severity.MEDIUM, unasked.object,
            "Whether statement {statement} finds " + unasked.question + " could not be asked: {reason}",
            statement=unasked.statement, reason=unasked.reason, wrong_if="the live rows have none: count them",
            remedy="Count them on a replica before the migration.",
        )  # fmt: skip
