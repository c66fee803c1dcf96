"""Health check: is this server well? All checks, worst first, each with the statement that mends it."""

import re

from agents.asked import Question
from agents.desk import Brief
from agents.playbooks.playbook import Playbook
from agents.playbooks.words import ref, stopped
from agents.reply import CaseStatus, Reply
from agents.streams.seen import about
from common.evidence import Evidence
from common.findings import Finding, NotChecked, Severity

_ASKS = re.compile(
    r"\b(health\w*|check-?up|well[- ]kept|look (it |this |us )?over|bloat\w*|vacuum\w*|wraparound|dead (rows|tuples)|"
    r"maintenance|audit (of|the)|in good shape|(database|db|server|postgres\w*) (ok|okay|fine|well))\b",
    re.I,
)
_VAGUE = re.compile(r"\b(anything wrong|what is wrong)\b", re.I)
_SERVER = re.compile(r"\b(database|db|server|cluster|instance|postgres\w*|everything)\b", re.I)
"""What makes "what is wrong?" a question about the server and not about the statement before it."""


def fits(question: Question) -> float:
    """Words about the state of the server, without a statement to look at."""
    vague = _VAGUE.search(question.words) and _SERVER.search(question.words)
    if not (vague or _ASKS.search(question.words)):
        return 0.0
    return 0.7 if not question.statements and not question.plan else 0.3


async def work(brief: Brief) -> Reply:
    """Run every check; conclude by the worst that was found."""
    overview = await brief.call("overview")
    health = await brief.call("health", codes=[])
    if not health.ok:
        return stopped(brief, "Health check", health, input_is_wrong=False)
    tables = _named(brief)
    found = about(health, tables or None)
    missed = tuple(NotChecked.model_validate(one) for one in health.data["not_checked"])
    return Reply(
        role=brief.role.name,
        question=brief.question.number,
        title="Health check",
        verdict=_verdict(found),
        prose=(_scope(overview, health, tables),),
        findings=tuple(found),
        not_checked=missed,
        looked_at=(overview.id, health.id),
        status=CaseStatus.DONE,
    )


def _named(brief: Brief) -> tuple[str, ...]:
    """The tables that the question itself names; none of them means the whole database."""
    names = set(brief.question.names)
    return tuple(one for one in brief.tables if one in names or one.rsplit(".", 1)[-1] in names)


def _scope(overview: Evidence, health: Evidence, tables: tuple[str, ...]) -> str:
    where = f"on {', '.join(f'`{one}`' for one in tables)}" if tables else "on the whole database"
    version = f" PostgreSQL {ref(overview, 'server_version')}." if overview.ok else ""
    return f"Looked for {ref(health, 'checked')} kinds of trouble {where}.{version}"


def _verdict(found: list[Finding]) -> str:
    if not found:
        return "No check found anything above information."
    worst = found[0]
    urgent = [one for one in found if one.severity in (Severity.CRITICAL, Severity.HIGH)]
    others = {(one.code, one.object) for one in (urgent or found)} - {(worst.code, worst.object)}
    begin = "Nothing is urgent; begin with this"
    if urgent:
        begin = "Act on this first" if len(found) > 1 else "Act on this"
    rest = f" ({'others are urgent too' if urgent else 'others can follow'})" if others else ""
    return f"{begin}: `{worst.code}` on `{worst.object}`{rest}."


HEALTH_CHECK = Playbook("health-check", "admin", (), fits, work)
