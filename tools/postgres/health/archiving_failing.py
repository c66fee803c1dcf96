"""The archive command fails: WAL piles up until the disk is full, and there is no way back in time."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

HOUR_S = 3600.0


async def look(view: View) -> Outcome:
    """High when the last attempt failed, critical when none has succeeded for an hour."""
    row = (await view.rows("archiver"))[0]
    if not row["failing"] or await view.setting("archive_mode") == "off":
        return []
    facts = {name: row[name] for name in ("failed_count", "last_failed_wal", "failed_s")}
    silent = row["archived_s"] is not None and row["archived_s"] >= HOUR_S
    remedy = "SELECT * FROM pg_stat_archiver; -- then mend what the server's log says of archive_command"
    level = Severity.CRITICAL if silent else Severity.HIGH
    return [CHECK.finding(level, {"object": "archive_command"}, remedy=remedy, **facts)]


CHECK = Check(
    code="archiving-failing",
    means="The last attempt to archive a WAL file failed, after the last one that succeeded.",
    summary="{object} failed {failed_count} times, last with {last_failed_wal} {failed_s} ago, and not succeeded since",
    wrong_if="it was mended a moment ago and the next attempt is due",
    look=look,
)
