"""A plan somebody pasted, read without a database."""

from pydantic import BaseModel, Field

from common.findings import Finding
from tools.postgres.plans.look import Look
from tools.postgres.plans.mermaid import flowchart
from tools.postgres.plans.pasted import read_pasted
from tools.postgres.plans.rules import look_over
from tools.postgres.plans.text import tree_text
from tools.tool import Bench, Effect, Tool


class Args(BaseModel):
    """EXPLAIN's output, text or JSON, as it was pasted."""

    text: str = Field(min_length=1, max_length=1_000_000)


class Slow(BaseModel):
    """One of the nodes that take the most time of their own."""

    node: str
    table: str
    own_ms: float
    share: float


class Result(BaseModel):
    """What the plan says. `complete` is false when it was cut off; times are None when it was not measured."""

    execution_ms: float | None
    planning_ms: float | None
    cost: float
    nodes: int
    measured: bool
    complete: bool
    slowest: list[Slow]
    findings: list[Finding]
    text: str
    mermaid: str


async def run(args: Args, _: Bench) -> Result:
    """Reads EXPLAIN output that was pasted (text or JSON, wrapped or cut off) and says what is wrong with the plan."""
    plan = read_pasted(args.text)
    total = plan.total_ms or 0.0
    timed = sorted((node for node in plan.nodes if node.exclusive_ms), key=lambda node: -(node.exclusive_ms or 0.0))
    return Result(
        execution_ms=plan.total_ms,
        planning_ms=plan.planning_ms,
        cost=plan.cost,
        nodes=len(plan.nodes),
        measured=plan.measured,
        complete=plan.complete,
        slowest=[
            Slow(
                node=n.kind,
                table=n.table,
                own_ms=n.exclusive_ms or 0.0,
                share=(n.exclusive_ms or 0.0) / total if total else 0.0,
            )
            for n in timed[:5]
        ],
        findings=look_over(Look(plan)),
        text=tree_text(plan),
        mermaid=flowchart(plan),
    )


TOOL = Tool("read_plan", "postgresql", Effect.READ, Args, run)
