"""A balance that nothing in the database keeps above its limit: the application's own check loses every race."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    return [
        CHECK.finding(
            Severity.HIGH,
            {"object": row["object"]},
            remedy=f"ALTER TABLE {row['quoted']} ADD CONSTRAINT {row['quoted_constraint']}"
            f" CHECK ({row['quoted_column']} >= 0) NOT VALID;"
            f" ALTER TABLE {row['quoted']} VALIDATE CONSTRAINT {row['quoted_constraint']}; -- with the credit limit, if any",
        )
        for row in await view.own("money_columns")
        if row["balance"] and not row["has_check"]
    ]


CHECK = Check(
    code="balance-without-check",
    means="No CHECK constraint names a column called balance.",
    summary="no CHECK keeps {object} above its limit",
    wrong_if="the balance may be negative without a limit, or a constraint trigger guards it",
    look=look,
)
