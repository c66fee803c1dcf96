"""A table of all tenants without row security, in a schema whose other tables have it."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    return [CHECK.finding(Severity.HIGH, row) for row in await view.own("row_security")]


CHECK = Check(
    code="row-security-missing",
    means="A table has the tenant column that its schema's policies go by, or policies, and row security off.",
    summary="{object} has a {column} and no row security, unlike {secured} other tables of its schema",
    wrong_if="the application never reads it on behalf of one tenant, or the column means something else here",
    look=look,
)
