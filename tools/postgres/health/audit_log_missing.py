"""Money is kept, and nobody could say afterwards who changed what by hand."""

from common.findings import Severity
from tools.postgres.health.check import Check, Outcome
from tools.postgres.health.view import View


async def look(view: View) -> Outcome:
    """Low, and only on a server in service with amounts in its tables, no pgaudit and no logging of writes."""
    server = await view.server()
    if not server["holds_money"] or server["in_recovery"] or not await view.in_service():
        return []
    if (await view.rows("extensions"))[0]["audit_loaded"] or await view.setting("log_statement") in ("mod", "all"):
        return []
    remedy = "ALTER SYSTEM SET log_statement = 'mod'; SELECT pg_reload_conf(); -- or pgaudit, which names objects"
    return [CHECK.finding(Severity.LOW, {"object": "log_statement"}, remedy=remedy)]


CHECK = Check(
    code="audit-log-missing",
    means="A database with amounts, on a server in service, logs neither by pgaudit nor by log_statement.",
    summary="neither pgaudit nor {object} records who changed what",
    wrong_if="triggers or logical decoding record every change, those by hand included",
    look=look,
)
