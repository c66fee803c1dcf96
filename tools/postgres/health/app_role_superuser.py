"""An application is connected as superuser: one SQL injection owns the server."""

from collections import Counter

from common.findings import Finding, Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

POOL = 3
"""Sessions of one superuser that make an application of it; one or two are people at work."""
REMOTE_S = 60.0
PEOPLE = ("psql", "pgadmin", "dbeaver", "datagrip", "pg_dump", "pg_restore", "pg_basebackup", "dbcrew")
PROVIDERS = ("rdsadmin", "cloudsqladmin", "azuresu", "azure_superuser", "alloydbadmin", "cloud_admin")


async def look(view: View) -> Outcome:
    """High from three sessions of one superuser on, or one from another machine for a minute."""
    if not (await view.server())["reads_stats"]:
        return [CHECK.not_checked(await view.grant("pg_read_all_stats"))]
    sessions: Counter[str] = Counter()
    remote: Counter[str] = Counter()
    for row in await view.rows("activity"):
        by_hand = any(name in row["application"].lower() for name in PEOPLE)
        if row["superuser"] and not by_hand and row["user"] not in PROVIDERS:
            sessions[row["user"]] += 1
            remote[row["user"]] += not row["nearby"] and (row["session_s"] or 0) >= REMOTE_S
    found: list[Finding] = []
    for user, number in sessions.items():
        if number >= POOL or remote[user]:
            found.append(
                CHECK.finding(
                    Severity.HIGH,
                    {"object": user},
                    sessions=number,
                    remedy="CREATE ROLE app LOGIN PASSWORD '…' NOSUPERUSER; GRANT SELECT, INSERT, UPDATE, DELETE"
                    " ON ALL TABLES IN SCHEMA public TO app; -- and put it into the application's DSN",
                )
            )
    return found


CHECK = Check(
    code="app-role-superuser",
    means="Three sessions or more of one superuser, or one from another machine, that no console or dump opened.",
    summary="{sessions} sessions are connected as superuser {object}",
    wrong_if="they are maintenance jobs that need it",
    look=look,
)
