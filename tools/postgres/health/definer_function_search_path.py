"""A SECURITY DEFINER function that finds its objects by the caller's search_path runs what the caller puts there."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    """High when others may execute it, medium when only its owner may."""
    return [
        CHECK.finding(Severity.HIGH if row["grantees"] else Severity.MEDIUM, row)
        for row in await view.rows("definer_functions")
    ]


CHECK = Check(
    code="definer-function-search-path",
    means="A SECURITY DEFINER function has no search_path of its own and its body is looked up at run time.",
    summary="{object}({arguments}) runs as {owner} (superuser: {as_superuser}) with its caller's search_path",
    wrong_if="every name in its body is written with its schema, operators included",
    look=look,
)
