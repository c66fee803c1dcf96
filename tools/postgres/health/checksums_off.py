"""Pages carry no checksums: what a disk or controller garbles is read as if it were data."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    """Low on a server in service, for information elsewhere (the default before PostgreSQL 18)."""
    if await view.setting("data_checksums") != "off" or (await view.server())["managed"]:
        return []
    level = Severity.LOW if await view.in_service() else Severity.INFO
    remedy = "pg_checksums --enable --pgdata=DATA  # with the server stopped; about as long as reading it all"
    return [CHECK.finding(level, {"object": "data_checksums"}, remedy=remedy)]


CHECK = Check(
    code="checksums-off",
    means="The cluster was made without data checksums.",
    summary="{object} is off: garbled pages are not noticed",
    wrong_if="the file system checks its blocks itself (ZFS, btrfs)",
    look=look,
)
