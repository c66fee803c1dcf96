"""A table whose rows cannot be told apart."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

FEW_ROWS = 1_000


async def look(view: View) -> Outcome:
    """High when it is published (UPDATE and DELETE fail there), medium from 1,000 rows on, else low."""
    found = []
    for row in await view.own("no_primary_key"):
        few = Severity.LOW if row["row_count"] < FEW_ROWS else Severity.MEDIUM
        found.append(CHECK.finding(Severity.HIGH if row["published"] else few, row))
    return found


CHECK = Check(
    code="no-primary-key",
    means="A table with rows has no primary key, no unique index over NOT NULL columns and no replica identity.",
    summary="{object} has {row_count} rows and nothing that tells them apart",
    wrong_if="the table is a staging area that is emptied as a whole",
    look=look,
)
