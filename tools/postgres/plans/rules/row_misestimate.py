"""row-misestimate: the planner expected far more or far fewer rows than came."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import Look
from tools.postgres.plans.tree import Node

_LEAST_TIMES = 10.0
_LEAST_ROWS = 1000.0
_CUT_SHORT = frozenset({"Limit"})


def check(look: Look) -> Iterator[Finding]:
    """The lowest nodes whose estimate is off tenfold or more; those above only inherit it."""
    if look.plan is None or not look.plan.measured:
        return
    for node in _lowest(look.plan.root, False):
        times = node.misestimate or 1.0
        estimated, actual = node.estimated_rows * (node.loops or 1), node.rows or 0.0
        yield Finding(
            code="row-misestimate",
            severity=Severity.MEDIUM if times >= 100 else Severity.LOW,
            object=look.name(node) or node.kind,
            summary="The planner expected {estimated_rows} rows and {actual_rows} came: off by {off_times}",
            facts={
                "estimated_rows": round(estimated),
                "actual_rows": round(actual),
                "off_times": times,
                "node": node.kind,
            },
            remedy=f"ANALYZE {look.name(node)}" if node.table else "ANALYZE the tables concerned",
            wrong_if="the same plan would be chosen with the right number",
        )


def _lowest(node: Node, cut: bool) -> Iterator[Node]:
    """Nodes that are off while nothing below them is. `cut`: a LIMIT above may have stopped the node early."""
    below: list[Node] = []
    for child in node.children:
        short = cut or node.kind in _CUT_SHORT or node.get("Join Type") in ("Semi", "Anti") or node.kind == "Merge Join"
        below += _lowest(child, short)
    if below:
        yield from below
    elif off(node, cut):
        yield node


def off(node: Node, cut: bool = False) -> bool:
    """Whether the node's estimate is off tenfold, over a thousand rows or more."""
    times = node.misestimate
    if (
        times is None
        or times < _LEAST_TIMES
        or node.kind.startswith("Bitmap Index")
        or node.kind in ("BitmapAnd", "BitmapOr")
    ):
        return False
    estimated, actual = node.estimated_rows * (node.loops or 1), node.rows or 0.0
    if cut and actual < estimated:
        return False
    return max(estimated, actual) >= _LEAST_ROWS
