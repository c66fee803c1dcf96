"""The team at work, on one page: triage → plan → four workstreams → roles → verify → publish → handoffs → close.

The graph has no cycle. A handoff leaves it as an issue of its own; the case waits on an interrupt for the answer.
"""

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send, interrupt

from agents import publish as publishing
from agents import triage as sorting
from agents.boards.local import LocalBoard
from agents.checkpoint import Given, Work
from agents.desk import Brief, Desk
from agents.reply import Answered, Reply
from agents.roles import ROLES
from agents.streams import STREAMS
from agents.streams.seen import seen_beside
from agents.withheld import backed

Turn = Runtime[Desk]


async def triage(state: Work, runtime: Turn) -> Work:
    """Cut the issue into questions; give each a playbook and a role."""
    return {"assignments": [one.model_dump(mode="json") for one in sorting.assignments(runtime.context)]}


async def plan(state: Work, runtime: Turn) -> Work:
    """Ask the server what it is and which of the names are its tables; decide which workstreams look."""
    assignments = [sorting.Assignment.model_validate(one) for one in state["assignments"]]
    tables, streams, schema = await sorting.plan(assignments, runtime.context)
    return {"tables": tables, "streams": streams, "schema": schema}


async def gather(state: Work, runtime: Turn) -> Work:
    """Wait for all workstreams."""
    return {}


async def role(state: Given, runtime: Turn) -> Work:
    """One role answers one question."""
    desk, assignment = runtime.context, sorting.Assignment.model_validate(state["assignment"])
    brief = Brief(
        role=ROLES[assignment.role],
        question=assignment.question,
        playbook=assignment.playbook,
        tables=tuple(state["tables"]),
        schema=state["schema"],
        hops_left=desk.settings.max_hops - desk.case.request.hops,
        runner=desk.runner,
        progress=desk.progress,
        at_hand=desk.board.name == LocalBoard.name,
    )
    reply = await desk.mind.investigate(brief)
    return {"replies": [reply.model_dump(mode="json")]}


async def verify(state: Work, runtime: Turn) -> Work:
    """Refuse what no evidence backs."""
    desk = runtime.context
    desk.progress("verify: every figure and claim against the evidence")
    evidence = {record.id: record for record in await desk.runner.ledger.records(desk.case.id)}
    replies = sorted((Reply.model_validate(one) for one in state["replies"]), key=lambda one: (one.question, one.role))
    quoted = (desk.issue.title, desk.issue.body)
    left = desk.settings.max_hops - desk.case.request.hops
    checked = [
        backed(one, evidence, ROLES[one.role].authority, quoted=quoted, hops_left=left)
        for one in [*replies, *seen_beside(state.get("seen", []), replies)]
    ]
    return {"checked": [one.model_dump(mode="json") for one in checked]}


async def publish(state: Work, runtime: Turn) -> Work:
    """Open the handoffs' issues and write the one comment."""
    replies = [Reply.model_validate(one) for one in state["checked"]]
    opened = await publishing.open_handoffs(replies, runtime.context)
    await publishing.comment(replies, opened, runtime.context, final=not opened)
    return {"opened": [one.model_dump(mode="json") for one in opened]}


async def wait(state: Work, runtime: Turn) -> Work:
    """Wait until every handoff that the case depends on is answered."""
    return {"answered": interrupt({"issues": [one["issue"] for one in state["opened"]]})}


async def close(state: Work, runtime: Turn) -> Work:
    """Bring the comment up to date with what the others answered."""
    replies = [Reply.model_validate(one) for one in state["checked"]]
    answered = [Answered.model_validate(one) for one in state["answered"]]
    await publishing.comment(replies, answered, runtime.context, final=True)
    return {}


def to_roles(state: Work) -> list[Send]:
    """Every assignment to its role's node."""
    return [
        Send(assignment["role"], {"assignment": assignment, "tables": state["tables"], "schema": state["schema"]})
        for assignment in state["assignments"]
    ]


def graph(checkpointer: BaseCheckpointSaver[Any] | None = None) -> CompiledStateGraph[Work, Desk, Work, Work]:
    """The compiled graph. Context: a Desk. Input: {} for a new case, None to go on with one."""
    flow = StateGraph(Work, context_schema=Desk)
    for node in (triage, plan, gather, verify, publish, wait, close):
        flow.add_node(node.__name__, node)
    for name, stream in STREAMS.items():
        flow.add_node(name, stream)
        flow.add_edge("plan", name)
    for name in ROLES:
        flow.add_node(name, role, input_schema=Given)
        flow.add_edge(name, "verify")
    flow.add_edge(START, "triage")
    flow.add_edge("triage", "plan")
    flow.add_edge(list(STREAMS), "gather")
    flow.add_conditional_edges("gather", to_roles, list(ROLES))
    flow.add_edge("verify", "publish")
    flow.add_conditional_edges("publish", lambda state: "wait" if state["opened"] else END, ["wait", END])
    flow.add_edge("wait", "close")
    flow.add_edge("close", END)
    return flow.compile(checkpointer=checkpointer)
