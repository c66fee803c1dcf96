"""Passwords and rows travel in clear."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    """High when sessions from other machines run without TLS; medium when it is off on a server in service that they can
    reach. A server on loopback needs none."""
    if not await view.beyond_loopback():
        return []
    if not (await view.server())["reads_stats"]:
        return [CHECK.not_checked(await view.grant("pg_read_all_stats"))]
    clear = sum(not row["nearby"] and row["encrypted"] is False for row in await view.rows("activity"))
    off = await view.setting("ssl") == "off"
    if not clear and not off:
        return []
    quiet = Severity.MEDIUM if await view.in_service() else Severity.INFO
    remedy = "ALTER SYSTEM SET ssl = on; SELECT pg_reload_conf(); -- with a certificate; then hostssl in pg_hba.conf"
    if not off:
        remedy = "SELECT * FROM pg_hba_file_rules; -- as superuser: write hostssl in place of host for other machines"
    level = Severity.HIGH if clear else quiet
    return [CHECK.finding(level, {"object": "ssl"}, state="off" if off else "on", sessions=clear, remedy=remedy)]


CHECK = Check(
    code="tls-off",
    means="The server can be reached from other machines and does not encrypt, or lets them in without.",
    summary="{object} is {state}; {sessions} sessions from other machines run in clear",
    wrong_if="a tunnel, a service mesh or a private link encrypts underneath",
    look=look,
)
