"""Nothing ends a statement that runs for ever."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    """Low on a server in service, for information elsewhere; silent when any role or the database has a limit."""
    server_wide = next(row for row in await view.rows("settings") if row["name"] == "statement_timeout")
    scoped = [row for row in await view.rows("scoped_settings") if row["name"] == "statement_timeout"]
    if any(row["value"] != "0" and not row["own"] for row in scoped):
        return []
    if any(row["own"] for row in scoped):
        return [CHECK.not_checked("SHOW statement_timeout; -- as another role: this one has a limit of its own")]
    # This session has a limit of its own, so the configured value is the reset one.
    if server_wide["reset_val"] != "0":
        return []
    server = await view.server()
    level = Severity.LOW if await view.in_service() else Severity.INFO
    remedy = f"ALTER DATABASE {server['quoted_database']} SET statement_timeout = '60s';"
    return [CHECK.finding(level, {"object": "statement_timeout"}, remedy=remedy)]


CHECK = Check(
    code="no-statement-timeout",
    means="statement_timeout is 0 for the server, this database and every role.",
    summary="{object} is 0 everywhere: nothing ends a statement that runs for ever",
    wrong_if="the application or its pooler sets one on every connection",
    look=look,
)
