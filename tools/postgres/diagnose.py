"""The tool `diagnose`: what is wrong with the plan of one statement, with its text and the schema in view."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from common.findings import Finding
from tools.postgres.plans.look import Look
from tools.postgres.plans.names import tables_in
from tools.postgres.plans.reading import read
from tools.postgres.plans.rewrites import rewrites
from tools.postgres.plans.rules import look_over
from tools.postgres.plans.schema import schema_of
from tools.postgres.plans.tree import plan_of
from tools.tool import Bench, Effect, Tool


class Args(BaseModel):
    """The statement, and its plan as EXPLAIN (FORMAT JSON) gave it: one element, with or without measurements."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sql: str = Field(min_length=1)
    plan: dict[str, Any]


class Slow(BaseModel):
    """One of the nodes that take the most time of their own; `own_share` (0..1) is of the whole statement."""

    node: str
    table: str
    own_ms: float
    own_share: float


class Written(BaseModel):
    """The statement written differently, for the reason that a finding of that code names.

    `needs` says what the application must pass in or change for it; when it is empty the rows are meant to be the same.
    With `keys`, a query whose row holds the values to pass in, it can be tried; it must then return the rows of `like`.
    """

    sql: str
    why: str
    code: str
    needs: str
    keys: str
    like: str


class Result(BaseModel):
    """What the rules find, worst first, where the time goes (empty when the plan was not measured), and rewrites."""

    findings: list[Finding]
    rewrites: list[Written]
    slowest: list[Slow]
    measured: bool
    nodes: int


async def run(args: Args, bench: Bench) -> Result:
    """What is wrong with the plan of one statement, by rules that know the statement and its tables."""
    async with bench.live() as session:
        schema = await schema_of(tables_in(args.sql), session, session.version)
    plan = plan_of([args.plan])
    total = plan.total_ms or 0.0
    timed = sorted((node for node in plan.nodes if node.exclusive_ms), key=lambda node: -(node.exclusive_ms or 0.0))
    return Result(
        findings=look_over(Look(plan, read(args.sql, schema), schema)),
        rewrites=[
            Written(sql=one.sql, why=one.why, code=one.code, needs=one.needs, keys=one.keys, like=one.like)
            for one in rewrites(args.sql, schema)
        ],
        slowest=[
            Slow(
                node=node.kind,
                table=node.table,
                own_ms=node.exclusive_ms or 0.0,
                own_share=min(1.0, (node.exclusive_ms or 0.0) / total) if total else 0.0,
            )
            for node in timed[:5]
        ],
        measured=plan.measured,
        nodes=len(plan.nodes),
    )


TOOL = Tool("diagnose", "postgresql", Effect.READ, Args, run)
