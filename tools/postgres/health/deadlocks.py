"""Transactions that waited for one another until the server ended one of them."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

FEW = 5
PER_DAY = 1.0
MANY_PER_DAY = 100.0


async def look(view: View) -> Outcome:
    """Medium from five deadlocks at one a day on, high at a hundred a day (an age below a day counts as a day)."""
    row = (await view.rows("database_counters"))[0]
    rate = row["deadlocks"] / max(float(row["stats_age_s"] or 0) / 86_400, 1.0)
    if row["deadlocks"] < FEW or rate < PER_DAY:
        return []
    facts = {name: row[name] for name in ("object", "deadlocks", "stats_age_s")}
    remedy = "ALTER SYSTEM SET log_lock_waits = on; SELECT pg_reload_conf(); -- then lock rows in one order everywhere"
    return [CHECK.finding(Severity.HIGH if rate >= MANY_PER_DAY else Severity.MEDIUM, facts, remedy=remedy)]


CHECK = Check(
    code="deadlocks",
    means="Five deadlocks or more, at a rate of one a day.",
    summary="{deadlocks} deadlocks on {object} in {stats_age_s}",
    wrong_if="they come from a load test, or the application retries and nobody notices",
    look=look,
)
