"""The planner plans for rows that are no longer there, or has never looked at the table."""

from common.findings import Finding, Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

LEFT_SHARE = 0.3
"""Changed since ANALYZE, as a share of the rows, where autovacuum's own ANALYZE will not come by itself."""
LATE_TIMES = 5
"""How many times over its threshold a table is before autovacuum counts as late."""
MANY_ROWS = 10_000


async def look(view: View) -> Outcome:
    """Medium where ANALYZE will not come, or is late; for information where autovacuum is about to do it.

    A dump restored a minute ago has no statistics yet: that is for autovacuum to mend, and worth an ANALYZE.
    """
    vacuum = (await view.rows("autovacuum"))[0]
    found: list[Finding] = []
    if await view.on_replica():
        return found
    for row in await view.own("table_activity"):
        changed, live = row["changed_rows"], max(row["live_rows"], 1)
        comes = row["automatic"] and changed > row["analyze_at"]
        if not comes and row["automatic"] and row["analyze_at"] <= live:
            continue  # below a threshold that is a sensible one
        if not comes:
            level = Severity.MEDIUM if changed >= LEFT_SHARE * live else None
        elif changed >= LATE_TIMES * row["analyze_at"] and changed >= MANY_ROWS:
            level = Severity.MEDIUM if vacuum["had_time"] and not row["never_analyzed"] else Severity.INFO
        else:
            level = None
        if level is not None:
            found.append(
                CHECK.finding(
                    level,
                    {"object": row["object"]},
                    changed_rows=changed,
                    row_count=row["live_rows"],
                    changed_share=changed / live,
                    remedy=f"ANALYZE {row['quoted']};",
                )
            )
    return found


CHECK = Check(
    code="stale-statistics",
    means="Much of a table changed after the last ANALYZE, and autovacuum's own will not come or is late.",
    summary="{changed_rows} rows of {object} changed since the last ANALYZE, of {row_count} that there are",
    wrong_if="the new rows are distributed like the old ones, or autovacuum gets to the table within minutes",
    look=look,
)
