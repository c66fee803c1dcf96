"""A table so large that vacuum, index builds and deletes by age take hours."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

HUGE_BYTES = 100 << 30
HUGE_ROWS = 500_000_000


async def look(view: View) -> Outcome:
    found = []
    for row in await view.own("large_tables"):
        if row["partition"] or (row["heap_bytes"] < HUGE_BYTES and row["row_count"] < HUGE_ROWS):
            continue
        facts = {name: row[name] for name in ("object", "row_count", "heap_bytes")}
        column = row["time_column"] or "its key"
        remedy = (
            f"CREATE TABLE … (LIKE {row['quoted']} INCLUDING ALL) PARTITION BY RANGE ({column});"
            " -- attach the old table as its first partition, under a validated CHECK"
        )
        found.append(CHECK.finding(Severity.MEDIUM, facts, remedy=remedy))
    return found


CHECK = Check(
    code="table-unpartitioned-and-huge",
    means="An unpartitioned table has 100 GB or 500 million rows, by the counts of the last VACUUM.",
    summary="{object} has {row_count} rows in {heap_bytes} and no partitions",
    wrong_if="old rows are never removed and every statement reads by key: then partitions buy little",
    look=look,
)
