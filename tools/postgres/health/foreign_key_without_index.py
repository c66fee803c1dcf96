"""A foreign key whose own columns have no index: each delete or key change of the referenced row scans the table."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

MANY_ROWS = 1_000_000


async def look(view: View) -> Outcome:
    """Medium when referenced rows are deleted, when deletes cascade, or from a million rows on; else low."""
    return [
        CHECK.finding(
            Severity.MEDIUM
            if row["cascades"] or row["referenced_deletes"] or row["row_count"] >= MANY_ROWS
            else Severity.LOW,
            row,
        )
        for row in await view.own("foreign_key_without_index")
    ]


CHECK = Check(
    code="foreign-key-without-index",
    means="A table of 1,000 rows or more references another one and no index starts with the referencing columns.",
    summary="{object} references {referenced} and has no index: every delete there reads {row_count} rows here",
    wrong_if="rows of the referenced table are never deleted, their keys never change, and nobody joins from there",
    look=look,
)
