"""Money is kept, a standby is there, and a commit does not wait for it: the last moments are lost on failover."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    """Low, and only where there are amounts in the tables and a standby that streams."""
    server = await view.server()
    if server["in_recovery"] or not server["standbys"] or not server["holds_money"]:
        return []
    if await view.setting("synchronous_standby_names"):
        return []
    remedy = "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'; SELECT pg_reload_conf(); -- two standbys, or commits hang"
    return [
        CHECK.finding(Severity.LOW, {"object": "synchronous_standby_names"}, standbys=server["standbys"], remedy=remedy)
    ]


CHECK = Check(
    code="no-synchronous-standby",
    means="A database with amounts has streaming standbys and none of them is synchronous.",
    summary="{standbys} standbys stream and no commit waits for one: {object} is empty",
    wrong_if="losing the last moments on failover is accepted for the sake of speed",
    look=look,
)
