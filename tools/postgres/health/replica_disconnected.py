"""A standby that gets no WAL, or commits that wait for a synchronous standby that is not there."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    """Critical on a primary whose synchronous standby is missing (every commit hangs), high on a standby without stream."""
    server = await view.server()
    if server["in_recovery"]:
        source = await view.setting("primary_conninfo")
        if source is None:
            return [CHECK.not_checked(await view.grant("pg_read_all_settings"))]
        if source == "" or (await view.rows("replay"))[0]["receivers"]:
            return []
        remedy = "SELECT * FROM pg_stat_wal_receiver; -- and the standby's log: address, password, slot, missing WAL"
        return [CHECK.finding(Severity.HIGH, {"object": "primary_conninfo"}, remedy=remedy)]
    names = await view.setting("synchronous_standby_names")
    if not names or await view.setting("synchronous_commit") in ("off", "local"):
        return []
    if server["standbys"] and not server["reads_stats"]:
        return [CHECK.not_checked(await view.grant("pg_read_all_stats"))]
    if any(row["sync_state"] in ("sync", "quorum") for row in await view.rows("standbys")):
        return []
    return [
        CHECK.finding(
            Severity.CRITICAL,
            {"object": "synchronous_standby_names"},
            names=names,
            summary="{object} asks for {names} and none of them is connected: every commit waits",
            remedy="ALTER SYSTEM SET synchronous_standby_names = ''; SELECT pg_reload_conf(); -- until it is back",
        )
    ]


CHECK = Check(
    code="replica-disconnected",
    means="A standby with a primary_conninfo has no WAL receiver, or no synchronous standby is connected.",
    summary="this standby is not connected to its primary: it falls further behind",
    wrong_if="it reads WAL from an archive on purpose, or reconnects within seconds",
    look=look,
)
