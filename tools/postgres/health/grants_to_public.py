"""Every role that can connect may read or change a table."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    """High when PUBLIC may change rows, low when it may only read them."""
    return [
        CHECK.finding(Severity.HIGH if row["changes"] else Severity.LOW, row)
        for row in await view.rows("public_grants")
    ]


CHECK = Check(
    code="grants-to-public",
    means="A table, view or sequence is granted to PUBLIC.",
    summary="every role may {privileges} on {object}",
    wrong_if="the data is meant for every role that can connect, now and later",
    look=look,
)
