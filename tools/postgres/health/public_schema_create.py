"""Anybody may create objects in a schema, and others may then run them without meaning to (CVE-2018-1058)."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View

SAFE_BY_DEFAULT = 150_000


async def look(view: View) -> Outcome:
    """Medium from PostgreSQL 15 on, where somebody granted it; low before, where it is the default of schema public."""
    version = (await view.server())["version"]
    return [
        CHECK.finding(Severity.MEDIUM if version >= SAFE_BY_DEFAULT else Severity.LOW, row)
        for row in await view.rows("public_create")
    ]


CHECK = Check(
    code="public-schema-create",
    means="PUBLIC has CREATE on a schema.",
    summary="every role may create objects in schema {object}",
    wrong_if="there is only one role that can log in",
    look=look,
)
