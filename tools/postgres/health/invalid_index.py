"""What a failed CREATE INDEX CONCURRENTLY or REINDEX CONCURRENTLY left: kept up to date, never read."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    return [CHECK.finding(Severity.MEDIUM, row) for row in await view.own("invalid_index")]


CHECK = Check(
    code="invalid-index",
    means="pg_index says not valid, not ready or not live, and nobody is building it now.",
    summary="{object} on {table} is invalid: no statement reads it, every write may still pay for it",
    wrong_if="a build that waits between its phases without holding its lock; look at pg_stat_progress_create_index",
    look=look,
)
