"""Without pg_stat_statements nobody can say which statements cost the most."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    """Low on a server in service, else for information."""
    row = (await view.rows("extensions"))[0]
    if row["statements_made"] and row["statements_loaded"]:
        return []
    load = "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'; -- beside those there, then restart\n"
    make = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements;"
    level = Severity.LOW if await view.in_service() else Severity.INFO
    remedy = make if row["statements_loaded"] else load + make
    return [CHECK.finding(level, {"object": "pg_stat_statements"}, remedy=remedy)]


CHECK = Check(
    code="statements-view-missing",
    means="pg_stat_statements is not loaded, or not made in this database.",
    summary="{object} is not there: which statements cost the most is not known",
    wrong_if="another monitor counts statements, such as a managed service's own",
    look=look,
)
