"""The tool `explain`: what the planner would do, without doing it."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tools.postgres.explaining import allow, explained, settings_of
from tools.tool import Bench, Effect, Tool


class Args(BaseModel):
    """One read. `values` (as text, in the order of `$1`, `$2`, …) asks for the plan of these values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sql: str = Field(min_length=1)
    values: tuple[str | None, ...] | None = None


class Result(BaseModel):
    """`plan` is PostgreSQL's element of EXPLAIN (FORMAT JSON): `Plan`, `Settings`. Costs are in the planner's units.

    `generic`: the statement has parameters, no values were given, and this is the plan for any value.
    """

    sql: str
    generic: bool
    cost: float
    startup_cost: float
    rows_expected: int
    settings: dict[str, str]
    plan: dict[str, Any]


async def run(args: Args, bench: Bench) -> Result:
    """The planner's plan and cost for one reading statement, without running it."""
    async with bench.live() as session:
        await allow(session, args.sql, bench.settings)
        found = await explained(session, args.sql, ("VERBOSE", "SETTINGS"), args.values)
        top = found["Plan"]
        return Result(
            sql=args.sql,
            generic=any("EXECUTE" in line for line in bench.trace.statements) and args.values is None,
            cost=top["Total Cost"],
            startup_cost=top["Startup Cost"],
            rows_expected=top["Plan Rows"],
            settings=settings_of(found),
            plan=found,
        )


TOOL = Tool("explain", "postgresql", Effect.READ, Args, run)
