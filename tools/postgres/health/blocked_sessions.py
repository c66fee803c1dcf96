"""Sessions wait for a lock that another one holds."""

from collections import defaultdict

from common.findings import Finding, Severity
from tools.postgres.connection import Row
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

LONG_S = 60.0
MANY = 5


async def look(view: View) -> Outcome:
    """High from five waiting sessions or a minute on, else medium; one finding per object waited for."""
    waiting: dict[str, list[Row]] = defaultdict(list)
    for row in await view.rows("blocked"):
        if row["waits_s"] is not None and row["waits_s"] >= view.patience.blocked_s:
            waiting[row["object"]].append(row)
    stuck = {row["pid"] for rows in waiting.values() for row in rows}
    found: list[Finding] = []
    for name, rows in waiting.items():
        holders = sorted({pid for row in rows for pid in row["blocked_by"]} - stuck)
        longest = max(row["waits_s"] for row in rows)
        found.append(
            CHECK.finding(
                Severity.HIGH if len(rows) >= MANY or longest >= LONG_S else Severity.MEDIUM,
                {"object": name},
                sessions=len(rows),
                longest_s=longest,
                holders=", ".join(map(str, holders)) or "others that wait themselves",
                mode=rows[0]["mode"],
                remedy=" ".join(f"SELECT pg_terminate_backend({pid});" for pid in holders),
            )
        )
    return found


CHECK = Check(
    code="blocked-sessions",
    means="A session has waited for a lock for five seconds.",
    summary="{sessions} sessions waiting for {object} ({mode}, up to {longest_s}); held by process {holders}",
    wrong_if="the holder is a short maintenance step that is about to end",
    look=look,
)
