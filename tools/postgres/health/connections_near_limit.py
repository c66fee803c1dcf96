"""Soon nobody can connect any more."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

NEAR_SHARE = 0.8
FULL_SHARE = 0.95


async def look(view: View) -> Outcome:
    """High from 80 % of the slots that ordinary roles have, critical from 95 %."""
    row = (await view.rows("connections"))[0]
    used = row["connections"] / max(row["slots"], 1)
    if used < NEAR_SHARE:
        return []
    facts = {name: row[name] for name in ("object", "connections", "slots")}
    remedy = "SELECT usename, application_name, state, count(*) FROM pg_stat_activity GROUP BY 1, 2, 3 ORDER BY 4 DESC;"
    remedy += " -- then close the idle ones, or put a pooler before"
    level = Severity.CRITICAL if used >= FULL_SHARE else Severity.HIGH
    return [CHECK.finding(level, facts, used_share=used, remedy=remedy)]


CHECK = Check(
    code="connections-near-limit",
    means="80 % of the connection slots for ordinary roles are taken.",
    summary="{connections} of {slots} connections are taken ({used_share})",
    wrong_if="a pooler keeps a fixed number open and never asks for more",
    look=look,
)
