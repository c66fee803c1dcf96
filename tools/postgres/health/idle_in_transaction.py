"""A session that began a transaction and went away: it keeps its locks and holds vacuum back everywhere."""

from common.findings import Finding, Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

LONG_S = 3600.0


async def look(view: View) -> Outcome:
    """High after an hour or when it blocks others, else medium."""
    if not (await view.server())["reads_stats"]:
        return [CHECK.not_checked(await view.grant("pg_read_all_stats"))]
    rows = await view.rows("activity")
    blockers = {pid for row in rows for pid in row["blocked_by"]}
    found: list[Finding] = []
    for row in rows:
        if row["state"].startswith("idle in transaction") and row["state_s"] >= view.patience.idle_s:
            blocks = row["pid"] in blockers
            found.append(
                CHECK.finding(
                    Severity.HIGH if blocks or row["state_s"] >= LONG_S else Severity.MEDIUM,
                    {"object": row["database"], "pid": str(row["pid"]), "user": row["user"]},
                    application=row["application"] or "an unnamed application",
                    idle_s=row["state_s"],
                    blocks_others=blocks,
                    remedy=f"SELECT pg_terminate_backend({row['pid']});"
                    f" ALTER DATABASE {row['quoted_database']} SET idle_in_transaction_session_timeout = '60s';",
                )
            )
    return found


CHECK = Check(
    code="idle-in-transaction",
    means="A session has been idle inside a transaction for five minutes.",
    summary="{application} ({user}, process {pid}) has sat in an open transaction on {object} for {idle_s};"
    " blocks others: {blocks_others}",
    wrong_if="a person at a console works in it right now",
    look=look,
)
