"""A transaction so long that vacuum can remove nothing that died since it began."""

from common.findings import Finding, Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

VERY_LONG_S = 6 * 3600.0
BACKUPS = ("pg_dump", "pg_dumpall", "pg_basebackup")


async def look(view: View) -> Outcome:
    """Medium after half an hour, high after six; a dump is for information. Idle ones are idle-in-transaction."""
    if not (await view.server())["reads_stats"]:
        return [CHECK.not_checked(await view.grant("pg_read_all_stats"))]
    found: list[Finding] = []
    for row in await view.rows("activity"):
        age = row["transaction_s"]
        if age is None or age < view.patience.transaction_s or row["state"].startswith("idle in transaction"):
            continue
        level = Severity.HIGH if age >= VERY_LONG_S else Severity.MEDIUM
        found.append(
            CHECK.finding(
                Severity.INFO if row["application"] in BACKUPS else level,
                {"object": row["database"], "pid": str(row["pid"]), "user": row["user"]},
                application=row["application"] or "an unnamed application",
                open_s=age,
                remedy=f"SELECT pg_cancel_backend({row['pid']});",
            )
        )
    return found


CHECK = Check(
    code="long-transaction",
    means="A statement has kept its transaction open for half an hour.",
    summary="{application} ({user}, process {pid}) has had a transaction open on {object} for {open_s}",
    wrong_if="it is a report or a backup that is meant to take so long, outside busy hours",
    look=look,
)
