"""Transaction numbers run out: near the end the server refuses writes until old rows are frozen."""

from common.findings import Finding, Severity
from tools.postgres.connection import Row
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

LAST = 2_146_483_648
"""Age at which the server stops taking writes: 2^31 less the 1,000,000 that are kept back for single-user repair."""


def severity(age: int, starts_at: int) -> Severity | None:
    """Critical from 1.6 billion, high from 1 billion, medium when twice past where autovacuum should have started.

    Source: PostgreSQL documentation, Preventing Transaction ID Wraparound Failures; vacuum_failsafe_age is 1.6 billion.
    """
    if age >= 1_600_000_000:
        return Severity.CRITICAL
    if age >= 1_000_000_000:
        return Severity.HIGH
    return Severity.MEDIUM if age >= 2 * starts_at else None


async def look(view: View) -> Outcome:
    return [
        finding
        for row in await view.rows("wraparound")
        if (finding := _finding(row, severity(row["transactions"], row["transactions_at"])))
    ]


def _finding(row: Row, level: Severity | None) -> Finding | None:
    if level is None:
        return None
    return CHECK.finding(
        level,
        {"object": row["object"]},
        age=row["transactions"],
        starts_at=row["transactions_at"],
        used_share=row["transactions"] / LAST,
        remedy=row["worst_by_transactions"] or "VACUUM (FREEZE); -- in that database",
    )


CHECK = Check(
    code="xid-wraparound",
    means="The oldest transaction number of a database is twice as old as where autovacuum should have frozen it.",
    summary="the oldest transaction of database {object} is {age} old, {used_share} of the way to a stop of all writes",
    wrong_if="an anti-wraparound vacuum is at work and gets on; look at pg_stat_progress_vacuum",
    look=look,
)
