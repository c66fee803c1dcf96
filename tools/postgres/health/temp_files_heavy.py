"""Sorts and hashes that do not fit into work_mem go to disk."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

FILES = 500
FILE_BYTES = 1 << 30
PER_DAY_BYTES = 1 << 30


async def look(view: View) -> Outcome:
    """Medium from 500 files and 1 GB in all, at 1 GB a day (an age below a day counts as a day)."""
    row = (await view.rows("database_counters"))[0]
    per_day = int(row["temp_bytes"] / max(float(row["stats_age_s"] or 0) / 86_400, 1.0))
    if row["temp_files"] < FILES or row["temp_bytes"] < FILE_BYTES or per_day < PER_DAY_BYTES:
        return []
    facts = {name: row[name] for name in ("object", "temp_files", "temp_bytes", "stats_age_s")}
    remedy = "ALTER SYSTEM SET log_temp_files = '10MB'; SELECT pg_reload_conf();"
    remedy += " -- then raise work_mem for the statements it names"
    return [CHECK.finding(Severity.MEDIUM, facts, remedy=remedy)]


CHECK = Check(
    code="temp-files-heavy",
    means="500 temporary files or more, and 1 GB a day.",
    summary="{temp_files} temporary files with {temp_bytes} were written on {object} in {stats_age_s}",
    wrong_if="they come from index builds or a one-off load",
    look=look,
)
