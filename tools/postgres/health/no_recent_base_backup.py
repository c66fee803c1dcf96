"""No base backup was taken lately, as far as the server remembers."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

OLD_S = 7 * 86_400.0


async def look(view: View) -> Outcome:
    """Medium on a server in service, for information elsewhere.

    Where WAL is archived, each base backup leaves a backup history file in pg_wal, the newest of which stays until the
    next (CleanupBackupHistory in xlog.c); without archiving the server keeps no trace of one.
    """
    server = await view.server()
    if server["managed"] or server["in_recovery"]:
        return []
    if await view.setting("archive_mode") == "off":
        return [CHECK.not_checked("archive_mode = on: without it the server keeps no trace of base backups")]
    if not server["monitors"]:
        return [CHECK.not_checked(await view.grant("pg_monitor"))]
    age = (await view.rows("base_backups"))[0]["age_s"]
    if age is not None and age < OLD_S:
        return []
    return [
        CHECK.finding(
            Severity.MEDIUM if await view.in_service() else Severity.INFO,
            {"object": server["database"]},
            age_s=age,
            summary="" if age is not None else "the server remembers no base backup",
            remedy="pg_basebackup --pgdata=/path/to/backup --checkpoint=fast --progress",
        )
    ]


CHECK = Check(
    code="no-recent-base-backup",
    means="The newest backup history file in pg_wal is older than a week, or there is none.",
    summary="the last base backup that the server remembers is {age_s} old",
    wrong_if="backups are disk snapshots, dumps, or taken from a standby: they leave no trace here",
    look=look,
    needs="GRANT pg_monitor",
)
