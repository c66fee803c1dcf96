"""Hundreds of connections that mostly do nothing: each is a process with memory of its own."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

MANY = 100
IDLE_SHARE = 0.8
POOLERS = ("pgbouncer", "pgcat", "odyssey", "supavisor", "pgpool")


async def look(view: View) -> Outcome:
    """Medium from a hundred sessions on, four fifths of them idle, none of them a pooler's by its name."""
    if not (await view.server())["reads_stats"]:
        return [CHECK.not_checked(await view.grant("pg_read_all_stats"))]
    rows = await view.rows("activity")
    idle = sum(row["state"] == "idle" for row in rows)
    pooled = any(name in row["application"].lower() for row in rows for name in POOLERS)
    if len(rows) < MANY or idle < IDLE_SHARE * len(rows) or pooled:
        return []
    return [
        CHECK.finding(
            Severity.MEDIUM,
            {"object": "max_connections"},
            sessions=len(rows),
            idle_share=idle / len(rows),
            remedy="Put PgBouncer in transaction mode before the server; its pool: cores × 2 + disks that seek.",
        )
    ]


CHECK = Check(
    code="pooler-missing",
    means="A hundred sessions or more, four fifths of them idle.",
    summary="{sessions} sessions are open and {idle_share} of them are idle",
    wrong_if="a pooler that does not name itself holds them",
    look=look,
)
