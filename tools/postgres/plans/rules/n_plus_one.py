"""n-plus-one: one statement for one row, very many times."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import Look

_LEAST_CALLS = 5_000
_MOST_ROWS = 1.5
_MOST_MS = 5.0


def check(look: Look) -> Iterator[Finding]:
    """A read of single rows by key that pg_stat_statements has counted thousands of times."""
    calls, statement = look.calls, look.statement
    if calls is None or statement is None or statement.kind != "select" or calls.calls < _LEAST_CALLS:
        return
    looked_up = [term for term in statement.terms if term.op == "=" and not term.joined and not term.literal]
    if not looked_up or calls.rows > _MOST_ROWS * calls.calls or calls.mean_ms > _MOST_MS:
        return
    yield Finding(
        code="n-plus-one",
        severity=Severity.LOW,
        object=statement.relations[looked_up[0].relation].table.qualified,
        summary="One row at a time, {calls} times, {mean_ms} each: the time goes into the calls, not into the database",
        facts={"calls": calls.calls, "mean_ms": calls.mean_ms, "total_s": calls.calls * calls.mean_ms / 1000},
        remedy=f"Ask for all rows at once: {looked_up[0].key.text} = ANY ($1), or a join in the statement before it",
        wrong_if="the calls come from independent requests, each of which needs one row",
    )
