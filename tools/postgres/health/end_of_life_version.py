"""A version that gets no more fixes, security ones included."""

from datetime import UTC, date, datetime

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

ENDS = {
    10: date(2022, 11, 10),
    11: date(2023, 11, 9),
    12: date(2024, 11, 21),
    13: date(2025, 11, 13),
    14: date(2026, 11, 12),
    15: date(2027, 11, 11),
    16: date(2028, 11, 9),
    17: date(2029, 11, 8),
    18: date(2030, 11, 14),
}
"""Last release of each major version. Source: postgresql.org/support/versioning."""
SOON_DAYS = 180


def severity(major: int, today: date) -> Severity | None:
    """High past the end, low in the half year before; None for versions newer than the table."""
    ends = ENDS.get(major, date.min if major < min(ENDS) else date.max)
    if ends <= today:
        return Severity.HIGH
    return Severity.LOW if (ends - today).days <= SOON_DAYS else None


async def look(view: View) -> Outcome:
    server = await view.server()
    major = server["version"] // 10_000
    level = severity(major, datetime.now(UTC).date())
    if level is None:
        return []
    ends = ENDS.get(major)
    remedy = "pg_upgrade --link --check …  # to a supported version; or logical replication into one"
    facts = {
        "object": "server_version",
        "version": server["server_version"],
        "ends": ends.isoformat() if ends else "long ago",
    }
    return [CHECK.finding(level, facts, remedy=remedy)]


CHECK = Check(
    code="end-of-life-version",
    means="The major version has had its last release, or will have it within half a year.",
    summary="PostgreSQL {version} gets no fixes after {ends}",
    wrong_if="a vendor goes on mending this version under a contract",
    look=look,
)
