"""What a role finds beside its own question and another role should look after: an issue for that role."""

import re

from agents.desk import Brief
from agents.reply import Handoff
from agents.streams.performance import CODES as UPKEEP
from agents.streams.schema import CODES as DESIGN
from agents.streams.seen import about
from common.findings import Finding

_OTHERS = {
    "admin": ("stale-statistics", "dead-tuples", "autovacuum-disabled", "bloated-table", "bloated-index"),
    "fintech": ("money-as-float", "balance-without-check"),
}
"""Which role looks after which codes: upkeep is the administrator's, money the fintech architect's."""


async def handoffs(brief: Brief) -> tuple[Handoff, ...]:
    """One issue for each other role that has something to look after in what this question is about.

    A column that the question does not name is left to the health check. None when the chain of handoffs is as long as it
    may be. The health calls are those of the workstreams.
    """
    if brief.hops_left <= 0 or not brief.tables:
        return ()
    found: list[Finding] = []
    for codes in (UPKEEP, DESIGN):
        found += about(await brief.call("health", codes=sorted(codes)), brief.tables)
    return tuple(
        _handoff(role, theirs)
        for role, codes in _OTHERS.items()
        if role != brief.role.name and (theirs := [one for one in found if one.code in codes and _bears(brief, one)])
    )


def _bears(brief: Brief, finding: Finding) -> bool:
    """Whether a finding has to do with the question: one on a column only when the question names that column."""
    if finding.object in brief.tables or finding.code in UPKEEP:
        return True
    text = " ".join((brief.question.words, *(one.sql for one in brief.question.statements)))
    return re.search(rf"\b{re.escape(finding.object.rsplit('.', 1)[-1])}\b", text, re.I) is not None


def _handoff(role: str, found: list[Finding]) -> Handoff:
    objects = ", ".join(dict.fromkeys(f"`{one.object}`" for one in found))
    codes = ", ".join(dict.fromkeys(f"`{one.code}`" for one in found))
    return Handoff(
        role=role,
        title=f"Health check of {objects}",
        body=f"Seen while looking at a slow query on the same tables: {codes} on {objects}. Please check and say what to do.",
    )
