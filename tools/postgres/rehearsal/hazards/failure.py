"""A statement that failed on the copy."""

from collections.abc import Iterator

from common.figures import Value
from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import Case

_DEPENDENT = frozenset({"2BP01"})
_ENUM = frozenset({"55P04"})


def check(case: Case) -> Iterator[Finding]:
    """The first statement that PostgreSQL refused, sorted by its SQLSTATE (documentation, appendix A)."""
    step = case.trial.failed
    if step is None:
        return
    state = step.sqlstate or ""
    statement = case.statement(step.number)
    said: dict[str, Value] = {"statement": step.number, "said": step.error or ""}
    where = case.trial.tables[0] if case.trial.tables else f"statement {step.number}"
    summary = "Statement {statement} fails: {said}"
    if state == "25001" and statement.concurrently:
        return  # concurrently.py names it
    if state[:2] in ("22", "23"):
        code, remedy = "fails-on-existing-data", "Mend the rows first, in a migration of their own."
    elif state in _DEPENDENT or (state == "0A000" and "used by" in (step.error or "")):
        code, remedy = "dependent-object-breaks", "Drop and recreate what depends on it in the same transaction."
    elif state in _ENUM:
        code, remedy = "enum-value-in-own-transaction", "Commit the new value first, use it in the next migration."
    else:
        code, remedy = "not-possible-here", "Correct the statement."
        summary = "Statement {statement} cannot run here: {said}"
    yield Finding(code=code, severity=Severity.HIGH, object=str(where), summary=summary, facts=said, remedy=remedy)
