"""A prepared transaction that nobody ends: it survives restarts, keeps its locks and holds vacuum back."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    return [
        CHECK.finding(Severity.HIGH, row)
        for row in await view.rows("prepared")
        if row["open_s"] >= view.patience.prepared_s
    ]


CHECK = Check(
    code="prepared-transaction-orphaned",
    means="A transaction was prepared for two-phase commit five minutes ago and neither committed nor rolled back.",
    summary="{owner} prepared transaction {gid} on {object} {open_s} ago and nobody has ended it",
    wrong_if="its coordinator is alive and waits for another participant",
    look=look,
)
