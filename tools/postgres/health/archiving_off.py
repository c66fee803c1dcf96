"""WAL is thrown away: nobody can go back to a moment before the mistake."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

RECEIVERS = ("pg_receivewal", "barman", "wal-g", "walg", "pgbackrest")


async def look(view: View) -> Outcome:
    """High on a server in service, for information elsewhere; silent on standbys, managed services and where a receiver
    streams WAL away."""
    server = await view.server()
    if server["managed"] or server["in_recovery"] or await view.setting("archive_mode") != "off":
        return []
    senders = await view.rows("standbys")
    if any(name in str(row["application"]).lower() for row in senders for name in RECEIVERS):
        return []
    return [
        CHECK.finding(
            Severity.HIGH if await view.in_service() else Severity.INFO,
            {"object": "archive_mode"},
            remedy="ALTER SYSTEM SET archive_mode = on; ALTER SYSTEM SET archive_command ="
            " 'pgbackrest --stanza=main archive-push %p'; -- then restart the server",
        )
    ]


CHECK = Check(
    code="archiving-off",
    means="archive_mode is off on a server that somebody would miss.",
    summary="{object} is off: after a loss, all since the last base backup or dump is gone",
    wrong_if="disk snapshots or a WAL receiver under another name do the work, or the data can be made again",
    look=look,
)
