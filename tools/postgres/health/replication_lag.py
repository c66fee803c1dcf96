"""A standby is behind: what it answers is old, and as much is lost when it has to take over."""

from common.findings import Finding, Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

SOME_BYTES = 64 << 20
MUCH_BYTES = 1 << 30
SOME_S = 30.0
MUCH_S = 300.0


def severity(lag_bytes: float, lag_s: float | None) -> Severity | None:
    """Medium from 64 MB or 30 s on, high from 1 GB or 5 minutes."""
    seconds = lag_s or 0.0
    if lag_bytes >= MUCH_BYTES or seconds >= MUCH_S:
        return Severity.HIGH
    return Severity.MEDIUM if lag_bytes >= SOME_BYTES or seconds >= SOME_S else None


async def look(view: View) -> Outcome:
    """On a primary, of each standby that streams; on a standby, of its own replay."""
    server = await view.server()
    if server["standbys"] and not server["reads_stats"]:
        return [CHECK.not_checked(await view.grant("pg_read_all_stats"))]
    lags = [(row["application"], row["lag_bytes"], row["lag_s"]) for row in await view.rows("standbys")]
    if server["in_recovery"]:
        own = (await view.rows("replay"))[0]
        lags.append((server["database"], own["lag_bytes"], own["lag_s"]))
    found: list[Finding] = []
    for name, lag_bytes, lag_s in lags:
        level = None if lag_bytes is None else severity(lag_bytes, lag_s)
        if level is not None:
            facts = {"object": name or "an unnamed standby", "lag_bytes": lag_bytes, "lag_s": lag_s}
            remedy = "SELECT pg_wal_replay_resume(); -- on the standby, if replay is paused; else look at its disk and queries"
            found.append(CHECK.finding(level, facts, remedy=remedy))
    return found


CHECK = Check(
    code="replication-lag",
    means="A standby has 64 MB of WAL or 30 seconds still to replay.",
    summary="{object} is behind by {lag_bytes} of WAL (in time: {lag_s})",
    wrong_if="recovery_min_apply_delay keeps it behind on purpose, or a backup is being streamed",
    look=look,
)
