"""A slot that nobody reads from keeps WAL until the disk is full."""

from common.findings import Finding, Severity
from tools.postgres.connection import Row
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

SOME_BYTES = 64 << 20
MUCH_BYTES = 1 << 30


def severity(row: Row) -> Severity | None:
    """High when it is lost or keeps 1 GB, medium from 64 MB on, below for information; None when it keeps nothing."""
    if row["wal_status"] in ("lost", "unreserved"):
        return Severity.HIGH
    if not row["reserves"]:
        return None
    if row["kept_bytes"] >= MUCH_BYTES:
        return Severity.HIGH
    return Severity.MEDIUM if row["kept_bytes"] >= SOME_BYTES else Severity.INFO


async def look(view: View) -> Outcome:
    found: list[Finding] = []
    for row in await view.rows("slots"):
        level = severity(row)
        if level is not None:
            found.append(CHECK.finding(level, row))
    return found


CHECK = Check(
    code="inactive-replication-slot",
    means="A replication slot has no reader and keeps 64 MB of WAL or more.",
    summary="{kind} slot {object} has no reader and keeps {kept_bytes} of WAL (status {wal_status})",
    wrong_if="its reader is being restarted; dropping the slot makes that one start over",
    look=look,
)
