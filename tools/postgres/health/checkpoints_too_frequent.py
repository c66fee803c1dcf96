"""Checkpoints because WAL ran full, not because time was up: each makes the next writes of every page larger."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

HOUR_S = 3600.0
REQUESTED = 10
PER_HOUR = 6.0
NEW_COUNTERS = 170_000


def too_frequent(timed: int, requested: int, age_s: float) -> bool:
    """More requested than timed ones, ten or more, six an hour or more, over an hour or more.

    The first hour says nothing: loads, restores and CREATE DATABASE ask for checkpoints too.
    """
    return age_s >= HOUR_S and requested >= REQUESTED and requested > timed and requested / (age_s / HOUR_S) >= PER_HOUR


async def look(view: View) -> Outcome:
    new = (await view.server())["version"] >= NEW_COUNTERS
    row = (await view.rows("checkpoints" if new else "checkpoints_before_17"))[0]
    if not too_frequent(row["timed"], row["requested"], float(row["stats_age_s"] or 0)):
        return []
    remedy = "ALTER SYSTEM SET max_wal_size = '4GB'; SELECT pg_reload_conf();"
    return [CHECK.finding(Severity.MEDIUM, {**row, "object": "max_wal_size"}, remedy=remedy)]


CHECK = Check(
    code="checkpoints-too-frequent",
    means="Six checkpoints an hour or more were asked for by full WAL, more than came by time.",
    summary="{requested} checkpoints were asked for and {timed} came by time in {stats_age_s}; {object} is {max_wal_size}",
    wrong_if="they were asked for by hand, by backups or by a load that has ended",
    look=look,
)
