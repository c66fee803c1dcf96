"""Publishing: the one comment of a case, its labels, and the issues of its handoffs, each found again by its marker."""

import time
from collections.abc import Sequence
from hashlib import sha256

from agents.comment import render
from agents.desk import Desk
from agents.redaction import clean
from agents.reply import Answered, CaseStatus, Reply, Report
from agents.roles import ROLES

WORKING = "state:in-progress"
WAITING = "state:waiting"
ANSWERED = "state:answered"
APPROVAL = "state:needs-approval"
_STATES = (WORKING, WAITING, ANSWERED, APPROVAL)


async def open_handoffs(replies: Sequence[Reply], desk: Desk) -> list[Answered]:
    """Make the issue of every handoff; those the case waits for come back."""
    opened = []
    for handoff in (handoff for reply in replies for handoff in reply.handoffs):
        role = ROLES[handoff.role]
        issue = await desk.board.open_issue(
            title=clean(handoff.title).text,
            body=clean(handoff.body).text,
            author=desk.case.request.actor,
            labels=(*role.labels[:1], "handoff"),
            marker=f"{desk.case.id}:handoff:{role.name}:{sha256(handoff.title.encode()).hexdigest()[:12]}",
            parent=desk.issue.number,
        )
        desk.progress(f"publish: handed to the {role.name} as #{issue}")
        if handoff.waits:
            opened.append(Answered(role=role.name, issue=issue, title=handoff.title))
    return opened


async def comment(replies: Sequence[Reply], answered: Sequence[Answered], desk: Desk, final: bool) -> None:
    """Write the case's comment, or bring it up to date, with the labels that go with how far it came."""
    elapsed = time.monotonic() - desk.started
    report = Report(
        case=desk.case.id,
        title=desk.issue.title,
        replies=tuple(replies),
        evidence=tuple(await desk.runner.ledger.records(desk.case.id)),
        answered=tuple(answered),
        roles=tuple(sorted({reply.role for reply in replies})),
        elapsed_s=elapsed,
        database_s=max(0.0, elapsed - (time.process_time() - desk.cpu_started)),
        mind=desk.mind.name,
        status=outcome(replies),
    )
    body = clean(render(report)).text
    await desk.board.comment(desk.issue.number, desk.case.id, body)
    state = WAITING if not final else APPROVAL if report.status is CaseStatus.NEEDS_APPROVAL else ANSWERED
    await desk.board.label(desk.issue.number, add=(state,), remove=tuple(one for one in _STATES if one != state))
    # Last: a case that is marked answered is not gone on with.
    await desk.cases.mark(desk.case.id, report.status if final else "waiting", report=report.model_dump(mode="json"))
    desk.progress(
        f"publish: comment on #{desk.issue.number}, {report.status if final else 'waiting for what was handed on'}"
    )


def outcome(replies: Sequence[Reply]) -> CaseStatus:
    """The case's status: the worst of its replies'; needs_approval when somebody else decides on a proposal."""
    statuses = {reply.status for reply in replies}
    for status in (CaseStatus.FAILED, CaseStatus.PARTIAL, CaseStatus.NEEDS_APPROVAL):
        if status in statuses:
            return status
    return CaseStatus.DONE
