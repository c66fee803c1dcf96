"""An index that no statement has used, although the table was read often enough to tell."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

ENOUGH_S = 7 * 86_400
SOME_SCANS = 100
MANY_SCANS = 10_000
_LATER = " -- when it is still unused after a week of the usual work"


async def look(view: View) -> Outcome:
    """Counters say something after a week with reads of the table, or sooner, with less weight, after very many of them:
    a load or a check of foreign keys reads a table more often in a minute than its application in a day.

    On a standby, and on a primary whose standbys serve reads that are counted there, the finding is for information.
    """
    server = await view.server()
    age = float(server["stats_age_s"] or 0)
    long = age >= ENOUGH_S
    told = SOME_SCANS if long else MANY_SCANS
    elsewhere = bool(server["in_recovery"] or server["standbys"])
    severity = Severity.INFO if elsewhere else Severity.MEDIUM if long else Severity.LOW
    return [
        CHECK.finding(severity, row, remedy="" if long else f"{row['remedy']}{_LATER}", stats_age_s=age)
        for row in await view.own("unused_index")
        if row["table_scans"] >= told
    ]


CHECK = Check(
    code="unused-index",
    means="An index of 1 MB or more, not unique and not behind a constraint or foreign key, was never scanned.",
    summary="{object} ({size_bytes}) was never used while {table} was read {table_scans} times in {stats_age_s}",
    wrong_if="a rare job (month's end, a report) or a standby uses it: their use is counted later or elsewhere",
    look=look,
)
