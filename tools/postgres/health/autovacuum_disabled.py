"""Nobody clears away dead rows or keeps statistics fresh: everywhere, or in one table."""

from common.findings import Finding, Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

ROWS = 1_000


async def look(view: View) -> Outcome:
    """Critical for the whole server; medium for a table of 1,000 rows or more, low for a smaller one that changes."""
    vacuum = (await view.rows("autovacuum"))[0]
    found: list[Finding] = []
    for setting, on in (("autovacuum", vacuum["automatic"]), ("track_counts", vacuum["counted"])):
        if not on:
            found.append(
                CHECK.finding(
                    Severity.CRITICAL,
                    {"object": setting},
                    summary="{object} is off: no table is vacuumed or analyzed but by hand",
                    remedy=f"ALTER SYSTEM SET {setting} = on; SELECT pg_reload_conf();",
                )
            )
    for row in await view.own("table_activity"):
        if row["wanted"] or not (row["live_rows"] >= ROWS or row["rewritten_rows"]):
            continue
        found.append(
            CHECK.finding(
                Severity.MEDIUM if row["live_rows"] >= ROWS else Severity.LOW,
                {"object": row["object"]},
                row_count=row["live_rows"],
                dead_rows=row["dead_rows"],
                remedy=f"ALTER TABLE {row['quoted']} RESET (autovacuum_enabled);",
            )
        )
    return found


CHECK = Check(
    code="autovacuum-disabled",
    means="autovacuum or track_counts is off, or a table says autovacuum_enabled = false.",
    summary="autovacuum is switched off for {object}: {row_count} rows, {dead_rows} of them dead beside",
    wrong_if="a job vacuums and analyzes the table on its own schedule, or a load is under way",
    look=look,
)
