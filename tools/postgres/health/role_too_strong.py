"""A role that logs in, is no superuser, and can make itself one or read past what guards the rows."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    """High when it can run programs or write files on the server (which makes it superuser), else medium."""
    return [
        CHECK.finding(Severity.HIGH if row["takes_over"] else Severity.MEDIUM, row)
        for row in await view.rows("strong_roles")
    ]


CHECK = Check(
    code="role-too-strong",
    means="A login role has BYPASSRLS, a server-file or server-program role, or CREATEROLE before PostgreSQL 16.",
    summary="role {object} can {rights}",
    wrong_if="it is a person's or a backup's role that needs this and is guarded like a superuser's",
    look=look,
)
