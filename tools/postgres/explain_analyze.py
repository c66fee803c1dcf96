"""The tool `explain_analyze`: what a proven read really does and takes."""

from statistics import median
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from common.errors import Refused
from tools.postgres.explaining import allow, explained, settings_of
from tools.tool import Bench, Effect, Tool

_OPTIONS = ("ANALYZE", "VERBOSE", "BUFFERS", "SETTINGS", "TIMING", "WAL OFF")
_REPEAT_BELOW_MS = 3_000
"""A statement that took longer than this the first time is not run again."""
_RUNS = 3
_BUFFERS = {
    "hit": "Shared Hit Blocks",
    "read": "Shared Read Blocks",
    "dirtied": "Shared Dirtied Blocks",
    "written": "Shared Written Blocks",
    "temp_read": "Temp Read Blocks",
    "temp_written": "Temp Written Blocks",
}


class Args(BaseModel):
    """One read, with a value (as text) for each of `$1`, `$2`, … if it has any."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sql: str = Field(min_length=1)
    values: tuple[str | None, ...] | None = None


class Result(BaseModel):
    """Measured on the live server. `execution_ms` is the median of `runs_ms`, `fastest_ms` their least.

    A statement that is fast the first time (`first_ms`, with cold caches) is run three times more, and only these
    count; a slow one is run once. `buffers` are pages of 8 kB in the run that `plan` shows, the one nearest to the
    median. Timing every row costs time itself: the statement alone is somewhat faster.
    """

    sql: str
    execution_ms: float
    fastest_ms: float
    first_ms: float
    planning_ms: float
    runs: int
    runs_ms: tuple[float, ...]
    rows: int
    cost: float
    buffers: dict[str, int]
    settings: dict[str, str]
    plan: dict[str, Any]


async def run(args: Args, bench: Bench) -> Result:
    """Measured times, rows and pages of one reading statement, run on the live server within a cost limit."""
    async with bench.live() as session:
        await allow(session, args.sql, bench.settings)
        estimate = await explained(session, args.sql, (), args.values)
        cost, limit = float(estimate["Plan"]["Total Cost"]), bench.settings.analyze_cost_limit
        if cost > limit:
            raise Refused(
                reason=f"the planner expects a cost of {cost:,.0f}, above the limit of {limit:,.0f} for a live server",
                needs="Raise DBCREW_ANALYZE_COST_LIMIT to allow it, or use the plan without ANALYZE.",
            )
        first = await explained(session, args.sql, _OPTIONS, args.values)
        counted = [first]
        if first["Execution Time"] < _REPEAT_BELOW_MS:
            counted = [await explained(session, args.sql, _OPTIONS, args.values) for _ in range(_RUNS)]
    times = [float(one["Execution Time"]) for one in counted]
    middle = median(times)
    shown = min(counted, key=lambda one: abs(one["Execution Time"] - middle))
    top = shown["Plan"]
    return Result(
        sql=args.sql,
        execution_ms=round(middle, 3),
        fastest_ms=min(times),
        first_ms=first["Execution Time"],
        planning_ms=shown["Planning Time"],
        runs=len(times),
        runs_ms=tuple(times),
        rows=round(top["Actual Rows"] * top["Actual Loops"]),
        cost=cost,
        buffers={name: top.get(key, 0) for name, key in _BUFFERS.items()},
        settings=settings_of(shown),
        plan=shown,
    )


TOOL = Tool("explain_analyze", "postgresql", Effect.READ, Args, run, timeout_s=150.0)
