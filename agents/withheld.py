"""What becomes of a reply that its evidence does not back: it is withheld, and the case says so."""

from collections.abc import Mapping, Sequence

import structlog

from agents.reply import Authority, CaseStatus, Kind, Reply
from agents.verify import violations
from common.evidence import Evidence

log = structlog.get_logger()


def backed(
    reply: Reply,
    evidence: Mapping[str, Evidence],
    authority: Mapping[Kind, Authority],
    *,
    quoted: Sequence[str],
    hops_left: int,
) -> Reply:
    """The reply as it is when every claim is backed; else one that only says that an answer was withheld."""
    found = violations(reply, evidence, authority, quoted=quoted, hops_left=hops_left)
    if not found:
        return reply
    log.error("reply withheld", role=reply.role, question=reply.question, violations=found)
    return Reply(
        role=reply.role,
        question=reply.question,
        title=reply.title,
        verdict="The answer to this was withheld: it claimed something that the evidence does not back. "
        "What was measured stands in the evidence below.",
        limits=("What was not backed is said in the log of this case, in `build_data/logs`.",),
        looked_at=reply.looked_at,
        status=CaseStatus.PARTIAL,
    )
