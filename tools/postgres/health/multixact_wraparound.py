"""Multixact numbers (rows locked by several transactions) run out, as transaction numbers do."""

from common.findings import Finding
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View
from tools.postgres.health.xid_wraparound import LAST, severity


async def look(view: View) -> Outcome:
    found: list[Finding] = []
    for row in await view.rows("wraparound"):
        level = severity(row["multixacts"], row["multixacts_at"])
        if level is not None:
            found.append(
                CHECK.finding(
                    level,
                    {"object": row["object"]},
                    age=row["multixacts"],
                    starts_at=row["multixacts_at"],
                    used_share=row["multixacts"] / LAST,
                    remedy=row["worst_by_multixacts"] or "VACUUM (FREEZE); -- in that database",
                )
            )
    return found


CHECK = Check(
    code="multixact-wraparound",
    means="The oldest multixact of a database is twice as old as where autovacuum should have frozen it.",
    summary="the oldest multixact of database {object} is {age} old, {used_share} of the way to a stop of all writes",
    wrong_if="an anti-wraparound vacuum is at work and gets on; look at pg_stat_progress_vacuum",
    look=look,
)
