"""A sequence that is about to run out: then every INSERT that draws from it fails."""

from common.findings import Finding, NotChecked, Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


def severity(used: float) -> Severity:
    """By the share of the range that is used: from 0.95 critical, 0.8 high, 0.7 medium, below info."""
    for bound, level in ((0.95, Severity.CRITICAL), (0.8, Severity.HIGH), (0.7, Severity.MEDIUM)):
        if used >= bound:
            return level
    return Severity.INFO


async def look(view: View) -> Outcome:
    found: list[Finding | NotChecked] = []
    closed: set[str] = set()
    for row in await view.rows("sequences"):
        if not row["readable"]:
            closed.add(row["quoted_schema"])
        elif row["last_value"] is not None and row["rises"] and not row["cycles"]:
            used = row["last_value"] / row["maximum"]
            if severity(used) is not Severity.INFO:
                facts = {name: row[name] for name in ("object", "remedy", "maximum", "last_value", "type")}
                found.append(CHECK.finding(severity(used), facts, used_share=used))
    role = (await view.server())["role"]
    found += [
        CHECK.not_checked(
            f"GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role};"
        )
        for schema in sorted(closed)
    ]
    return found


CHECK = Check(
    code="sequence-near-limit",
    means="A rising sequence that does not cycle has used 70 % or more of its range.",
    summary="{object} is at {last_value} of {maximum}: {used_share} are gone",
    wrong_if="the sequence was set there on purpose and is not drawn from any more",
    look=look,
)
