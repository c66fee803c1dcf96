"""Rows that no partition was made for pile up in the default one."""

from common.findings import Finding, Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

MOST_SHARE = 0.5


async def look(view: View) -> Outcome:
    """Medium for ranges; a default of lists is a place for the rest, so it counts only when it holds half of all."""
    rows = await view.own("partitions")
    found: list[Finding] = []
    for row in rows:
        if not row["is_default"] or not row["live_rows"]:
            continue
        everything = sum(other["live_rows"] for other in rows if other["parent"] == row["parent"])
        share = row["live_rows"] / everything
        if row["strategy"] == "r" or share >= MOST_SHARE:
            found.append(
                CHECK.finding(
                    Severity.MEDIUM,
                    {"object": row["child"]},
                    parent=row["parent"],
                    row_count=row["live_rows"],
                    rows_share=share,
                    remedy=f"ALTER TABLE {row['parent_quoted']} DETACH PARTITION {row['child_quoted']};"
                    " -- make the missing partitions, move its rows into the parent, attach it again empty",
                )
            )
    return found


CHECK = Check(
    code="default-partition-growing",
    means="The default partition of a range-partitioned table holds rows.",
    summary="{object} holds {row_count} rows ({rows_share} of {parent}) that have no partition of their own",
    wrong_if="the rows are there on purpose and few; making their partition later scans the default one under a lock",
    look=look,
)
