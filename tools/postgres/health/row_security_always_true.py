"""Row security that lets every row through: permissive policies add up, so one such policy undoes all others."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    """High when the policy covers changes, medium when it only opens reading."""
    return [
        CHECK.finding(Severity.HIGH if row["changes"] else Severity.MEDIUM, row)
        for row in await view.own("open_policies")
    ]


CHECK = Check(
    code="row-security-always-true",
    means="A permissive policy for every role says USING (true), and no restrictive policy stands against it.",
    summary="policy {policies} of {object} lets every row through, whatever the others say",
    wrong_if="the rows are meant for all tenants, such as a list of currencies",
    look=look,
)
