"""Rows that nobody can see any more take room in every scan and nobody clears them away."""

from common.findings import Finding, Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

SHARE = 0.2
LATE_TIMES = 2
MANY_ROWS = 10_000


async def look(view: View) -> Outcome:
    """Medium where vacuum will not come, or is late and not at work; for information just after a burst."""
    vacuum = (await view.rows("autovacuum"))[0]
    found: list[Finding] = []
    if await view.on_replica():
        return found
    for row in await view.own("table_activity"):
        dead, live = row["dead_rows"], max(row["live_rows"], 1)
        if dead < SHARE * live or dead < 1000:
            continue
        if row["automatic"] and row["vacuum_at"] <= 2 * live:
            if dead < max(LATE_TIMES * row["vacuum_at"], MANY_ROWS):
                continue
            soon = row["vacuuming"] or not vacuum["had_time"]
            level = Severity.INFO if soon else Severity.MEDIUM
        else:
            level = Severity.MEDIUM
        found.append(
            CHECK.finding(
                level,
                {"object": row["object"]},
                dead_rows=dead,
                row_count=row["live_rows"],
                dead_share=dead / (dead + live),
                remedy=f"VACUUM (ANALYZE) {row['quoted']};",
            )
        )
    return found


CHECK = Check(
    code="dead-tuples",
    means="A fifth as many dead rows as live ones, 1,000 or more, and autovacuum will not come or is late.",
    summary="{object} carries {dead_rows} dead rows beside {row_count} live ones ({dead_share})",
    wrong_if="a large UPDATE or DELETE has just ended and autovacuum is on its way; counters are estimates",
    look=look,
)
