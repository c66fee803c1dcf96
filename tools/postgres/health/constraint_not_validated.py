"""A constraint that was added NOT VALID and never validated: old rows may break it, the planner does not trust it."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    return [CHECK.finding(Severity.MEDIUM, row) for row in await view.own("constraint_not_validated")]


CHECK = Check(
    code="constraint-not-validated",
    means="A CHECK, NOT NULL or FOREIGN KEY constraint holds for new rows only.",
    summary="{object} was never validated: the {row_count} rows of {table} that were there before may break it",
    wrong_if="the migration that added it is still running",
    look=look,
)
