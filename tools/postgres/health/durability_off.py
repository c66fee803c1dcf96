"""Settings that let a crash lose or tear data that was reported as written."""

from common.findings import Finding, Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    """Critical for fsync and full_page_writes: the whole cluster is at stake.

    With synchronous_commit off the last moments can be lost: high where money is kept, else medium.
    """
    found: list[Finding] = []
    for setting, loss in (("fsync", "can destroy the whole cluster"), ("full_page_writes", "can leave torn pages")):
        if await view.setting(setting) == "off":
            found.append(_finding(Severity.CRITICAL, setting, loss))
    money = bool((await view.server())["holds_money"])
    scopes = [("synchronous_commit", "ALTER SYSTEM")] if await view.setting("synchronous_commit") == "off" else []
    scopes += [
        (f"synchronous_commit of {row['object']}", row["statement"])
        for row in await view.rows("scoped_settings")
        if row["name"] == "synchronous_commit" and row["value"] == "off"
    ]
    for name, statement in scopes:
        level = Severity.HIGH if money else Severity.MEDIUM
        remedy = f"{statement} SET synchronous_commit = on;"
        found.append(_finding(level, name, "loses the last transactions that were reported as committed", remedy))
    return found


def _finding(level: Severity, setting: str, loss: str, remedy: str = "") -> Finding:
    remedy = remedy or f"ALTER SYSTEM SET {setting} = on;"
    if "ALTER SYSTEM" in remedy:
        remedy += " SELECT pg_reload_conf();"
    return CHECK.finding(level, {"object": setting}, loss=loss, remedy=remedy)


CHECK = Check(
    code="durability-off",
    means="fsync, full_page_writes or synchronous_commit is off.",
    summary="{object} is off: a crash {loss}",
    wrong_if="the server holds nothing that cannot be made again (a test server, a cache)",
    look=look,
)
