"""Most of what is read is not in shared buffers."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

READS = 100_000
TRANSACTIONS = 10_000
LOW_SHARE = 0.9


async def look(view: View) -> Outcome:
    """Medium below 90 %, once 100,000 blocks were read by 10,000 transactions: fewer are a load, not a workload."""
    row = (await view.rows("database_counters"))[0]
    asked = row["blks_hit"] + row["blks_read"]
    if row["blks_read"] < READS or row["transactions"] < TRANSACTIONS or row["blks_hit"] >= LOW_SHARE * asked:
        return []
    return [
        CHECK.finding(
            Severity.MEDIUM,
            {"object": row["object"]},
            hit_share=row["blks_hit"] / asked,
            blocks_read=row["blks_read"],
            stats_age_s=row["stats_age_s"],
            remedy="ALTER SYSTEM SET shared_buffers = '25% of memory'; -- as a size, then restart the server",
        )
    ]


CHECK = Check(
    code="low-cache-hit",
    means="Less than 90 % of the blocks asked for were in shared buffers, over a real workload.",
    summary="{hit_share} of the blocks that {object} asked for were in shared buffers; {blocks_read} came from outside",
    wrong_if="the operating system's cache serves them: they count as reads here; or the work is large scans",
    look=look,
)
