"""What a plan costs when its luck runs out: a walk through an index in order, until a LIMIT is full, may never fill it."""

import re
from collections.abc import Iterator

from tools.postgres.advise.candidate import Candidate
from tools.postgres.plans.tree import Node, Plan

_FEW = 0.05
"""Where the filter lets a smaller share of the rows pass, the rows that are wanted may all lie at the far end."""
_WALKED = 2.0
"""Times its cost that a whole walk counts: it takes so much longer than its cost says beside a scan of the table, which
several processes share (1.5 and 4 times the scan's time, on 2 million rows in memory)."""
_ONLY_NULLS = re.compile(r"\(*[^()]+ IS NOT NULL\)*\Z")


def prudent(plan: Plan, used: dict[str, Candidate]) -> float:
    """The planner's cost, but for walks through a new index: those count whole, and twice. `used`: candidates by index name.

    The planner takes it that the rows which pass a filter lie evenly along the index, and so that `ORDER BY created_at
    LIMIT 20` with a filter ends early. For a value that is rare, or lies at the far end, the walk reads the whole table.
    """
    walks = [
        _WALKED * node.cost
        for node in _limited(plan.root, False)
        if node.index in used and _walks(node) and node.estimated_rows < _FEW * used[node.index].table.rows
    ]
    return max([plan.cost, *walks])


def _limited(node: Node, below: bool) -> Iterator[Node]:
    """The nodes that a LIMIT can stop early."""
    if below:
        yield node
    for child in node.children:
        yield from _limited(child, below or node.kind == "Limit")


def _walks(node: Node) -> bool:
    conditions = node.conditions
    found = conditions.get("Index Cond", "")
    return "Filter" in conditions and (not found or bool(_ONLY_NULLS.match(found)))
