"""Sentences that several playbooks say: references into evidence, and what a refusal means for whoever asked."""

from collections.abc import Sequence

from agents.desk import Brief
from agents.reply import CaseStatus, Reply
from common.evidence import Evidence

_WORSE = (CaseStatus.DONE, CaseStatus.NEEDS_APPROVAL, CaseStatus.PARTIAL, CaseStatus.FAILED)


def ref(evidence: Evidence, path: str) -> str:
    """A reference to one value of the evidence, for prose."""
    return f"{{{evidence.id}.{path}}}"


def why(evidence: Evidence) -> str:
    """Why a tool brought nothing back, and what it would need: references, since a reason may hold figures."""
    needs = f" {ref(evidence, 'needs')}" if evidence.data.get("needs") else ""
    return f"{ref(evidence, 'reason')}.{needs}" if evidence.data.get("reason") else "The tool brought nothing back."


def stopped(brief: Brief, title: str, evidence: Evidence, *, input_is_wrong: bool) -> Reply:
    """The reply when the first look at a question was not possible: what was tried, why it failed, what it needs."""
    lost = bool(evidence.data.get("engine_lost"))
    reason = str(evidence.data.get("reason", "")).rstrip(".")
    needs = str(evidence.data.get("needs", ""))
    return Reply(
        role=brief.role.name,
        question=brief.question.number,
        title=title,
        verdict=f"This could not be looked at: {why(evidence)}",
        looked_at=(evidence.id,),
        status=CaseStatus.PARTIAL,
        problem=f"{reason}. {needs}".strip() if input_is_wrong and not lost else "",
    )


def merged(replies: Sequence[Reply], left: Sequence[str] = ()) -> Reply:
    """One reply for several statements of one question: the first leads, the others follow."""
    first = replies[0]
    if len(replies) == 1 and not left:
        return first
    verdict = " ".join(reply.verdict for reply in replies)
    problems = [reply.problem for reply in replies if reply.problem]
    return first.model_copy(
        update={
            "verdict": verdict,
            "prose": tuple(text for reply in replies for text in reply.prose),
            "findings": tuple(one for reply in replies for one in reply.findings),
            "proposals": tuple(one for reply in replies for one in reply.proposals),
            "plans": tuple(one for reply in replies for one in reply.plans),
            "not_checked": tuple(one for reply in replies for one in reply.not_checked),
            "limits": (*dict.fromkeys(one for reply in replies for one in reply.limits), *left),
            "looked_at": tuple(dict.fromkeys(one for reply in replies for one in reply.looked_at)),
            "status": max((reply.status for reply in replies), key=_WORSE.index),
            "problem": problems[0] if len(problems) == len(replies) else "",
        }
    )
