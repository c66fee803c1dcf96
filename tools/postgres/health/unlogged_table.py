"""A table that is emptied by a crash and does not exist on standbys."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    return [CHECK.finding(Severity.MEDIUM, row) for row in await view.own("unlogged_table")]


CHECK = Check(
    code="unlogged-table",
    means="An UNLOGGED table holds rows.",
    summary="{object} is unlogged: a crash empties its {row_count} rows, and no standby or backup has them",
    wrong_if="everything in it can be made again: a cache, a staging area",
    look=look,
)
