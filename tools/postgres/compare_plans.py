"""The tool `compare_plans`: what changed between two plans of one statement."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict

from common.errors import InputError
from tools.tool import Bench, Effect, Tool


class Args(BaseModel):
    """Two plans: data of `explain` or `explain_analyze` evidence, or an element of EXPLAIN (FORMAT JSON)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: dict[str, Any]
    after: dict[str, Any]


class Side(BaseModel):
    """One plan: the planner's cost; milliseconds and pages (8 kB, hit or read) when it was run."""

    cost: float
    execution_ms: float | None
    pages: int | None
    rows: float


class Result(BaseModel):
    """`after_share` is the time after as a share of the time before (0..1, less is better), `speedup_times` its inverse;
    both None unless both were measured. `cost_share` is the same of the planner's costs: an estimate. `gone` and `new` name
    the nodes (with relation or index) that only one of the plans has. `same_shape`: the plans have the same nodes.
    """

    before: Side
    after: Side
    after_share: float | None
    speedup_times: float | None
    saved_ms: float | None
    cost_share: float | None
    pages_share: float | None
    gone: tuple[str, ...]
    new: tuple[str, ...]
    same_shape: bool


async def run(args: Args, bench: Bench) -> Result:
    """What changed between two plans of one statement: time, cost, pages and nodes."""
    before, after = _element(args.before), _element(args.after)
    one = _side(args.before, before)
    other = _side(args.after, after)
    nodes = Counter(_nodes(before["Plan"])), Counter(_nodes(after["Plan"]))
    measured = one.execution_ms is not None and other.execution_ms is not None
    return Result(
        before=one,
        after=other,
        after_share=_ratio(other.execution_ms, one.execution_ms),
        speedup_times=_ratio(one.execution_ms, other.execution_ms),
        saved_ms=round((one.execution_ms or 0) - (other.execution_ms or 0), 3) if measured else None,
        cost_share=_ratio(other.cost, one.cost),
        pages_share=_ratio(other.pages, one.pages),
        gone=tuple(sorted((nodes[0] - nodes[1]).elements())),
        new=tuple(sorted((nodes[1] - nodes[0]).elements())),
        same_shape=nodes[0] == nodes[1],
    )


def _element(data: dict[str, Any]) -> dict[str, Any]:
    element = data if "Plan" in data else data.get("plan", {})
    if not isinstance(element, dict) or not isinstance(element.get("Plan"), dict):
        raise InputError(detail="This is no plan", next="Give what explain or EXPLAIN (FORMAT JSON) answered")
    return element


def _side(data: dict[str, Any], element: dict[str, Any]) -> Side:
    """The median that explain_analyze measured counts more than the one run that the plan shows."""
    top = element["Plan"]
    pages = [top.get("Shared Hit Blocks"), top.get("Shared Read Blocks")]
    return Side(
        cost=top.get("Total Cost", 0.0),
        execution_ms=data.get("execution_ms", element.get("Execution Time")),
        pages=None if pages[0] is None else sum(page or 0 for page in pages),
        rows=top.get("Actual Rows", top.get("Plan Rows", 0)),
    )


def _nodes(node: dict[str, Any]) -> Iterator[str]:
    on = node.get("Index Name") or node.get("Relation Name") or node.get("CTE Name")
    yield f"{node.get('Node Type', '?')} on {on}" if on else str(node.get("Node Type", "?"))
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _ratio(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else round(part / whole, 6)


TOOL = Tool("compare_plans", "postgresql", Effect.READ, Args, run)
