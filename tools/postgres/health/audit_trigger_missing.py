"""A table of amounts without the audit trigger that the other ones of its schema have."""

from common.findings import Finding, Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

OTHERS = 2
"""How many tables of amounts in the schema must be audited before one without counts as forgotten."""


async def look(view: View) -> Outcome:
    tables = {row["table"]: row for row in await view.own("money_columns")}
    found: list[Finding] = []
    for row in tables.values():
        others = sum(bool(each["audit_triggers"]) for each in tables.values() if each["schema"] == row["schema"])
        if row["audit_triggers"] or others < OTHERS:
            continue
        found.append(
            CHECK.finding(
                Severity.HIGH,
                {"object": row["table"]},
                others=others,
                remedy=f"CREATE TRIGGER {row['quoted_trigger']} AFTER UPDATE OR DELETE ON {row['quoted']}"
                f" FOR EACH ROW EXECUTE FUNCTION {row['audit_function']}();",
            )
        )
    return found


CHECK = Check(
    code="audit-trigger-missing",
    means="Two or more tables of amounts in a schema have a trigger that writes an audit record, and one has none.",
    summary="changes of {object} leave no audit record, unlike those of {others} other tables of its schema",
    wrong_if="its changes are recorded by other means: pgaudit, logical decoding, an append-only design",
    look=look,
)
