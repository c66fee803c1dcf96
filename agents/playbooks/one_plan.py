"""A plan that was pasted: read as it is, since no database can be asked how it came about."""

from agents.desk import Brief
from agents.playbooks.words import ref, stopped
from agents.reply import CaseStatus, Reply
from common.evidence import Evidence
from common.findings import Finding, Severity

_NEEDS = (
    "Nothing was measured or tried here: that takes the statement itself, with real values. It is then measured, and indexes "
    "are tried on a copy."
)


async def answer_plan(brief: Brief) -> Reply:
    """What the plan says by itself: where its time went, what stands out, and what an answer would need."""
    read = await brief.call("read_plan", text=brief.question.plan)
    if not read.ok:
        return stopped(brief, "Pasted plan", read, input_is_wrong=True)
    findings = _findings(read)
    return Reply(
        role=brief.role.name,
        question=brief.question.number,
        title="Pasted plan",
        verdict=_verdict(read, findings),
        prose=tuple(filter(None, (_took(read), _slowest_below(read, findings), _unmeasured(read)))),
        findings=findings,
        limits=(_NEEDS,),
        looked_at=(read.id,),
        status=CaseStatus.PARTIAL,
    )


async def with_plan(brief: Brief, reply: Reply) -> Reply:
    """A reply about a statement, with what the plan that was pasted beside it says it took."""
    if not brief.question.plan or reply.problem:
        return reply
    read = await brief.call("read_plan", text=brief.question.plan)
    if not read.ok:
        return reply.model_copy(update={"limits": (*reply.limits, "The plan that was pasted could not be read.")})
    said = tuple(filter(None, (_took(read), _slowest(read))))
    return reply.model_copy(update={"prose": (*reply.prose, *said), "looked_at": (*reply.looked_at, read.id)})


def _findings(read: Evidence) -> tuple[Finding, ...]:
    found = (Finding.model_validate(one) for one in read.data["findings"])
    return tuple(one.model_copy(update={"evidence": (read.id,)}) for one in found)


def _verdict(read: Evidence, findings: tuple[Finding, ...]) -> str:
    worst = next((one for one in findings if one.severity is not Severity.INFO), None)
    if read.data["slowest"] and (worst is None or worst.severity is Severity.LOW):
        return f"{_slowest(read)} Paste the statement, too: then a way out can be tried and measured."
    if worst is None:
        return "Nothing stands out in the plan that was pasted. Paste the statement, too: then it can be measured."
    return (
        f"What stands out in the plan that was pasted is `{worst.code}` on `{worst.object}`. Paste the statement, too: "
        "then a way out can be tried and measured."
    )


def _took(read: Evidence) -> str:
    if read.data["execution_ms"] is None:
        return ""
    return f"The plan that was pasted took {ref(read, 'execution_ms')}."


def _slowest(read: Evidence) -> str:
    if not read.data["slowest"]:
        return ""
    slowest = read.data["slowest"][0]
    table = f" on `{slowest['table']}`" if slowest["table"] else ""
    return (
        f"Most of its time went into `{slowest['node']}`{table}: {ref(read, 'slowest.0.own_ms')}, "
        f"{ref(read, 'slowest.0.share')} of the whole."
    )


def _slowest_below(read: Evidence, findings: tuple[Finding, ...]) -> str:
    """The same below the verdict, unless that is the verdict."""
    return "" if _slowest(read) in _verdict(read, findings) else _slowest(read)


def _unmeasured(read: Evidence) -> str:
    if not read.data["complete"]:
        return "The plan was cut off: what is missing may be what matters."
    if not read.data["measured"]:
        return "It holds estimates only: with `EXPLAIN (ANALYZE, BUFFERS)` it would say where the time goes."
    return ""
