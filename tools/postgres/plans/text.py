"""A plan as a few lines of text: what each node does, its own time, and rows against the estimate."""

import math

from common.figures import agreeing, show
from tools.postgres.plans.tree import Node, Plan

_LONGEST = 120


def tree_text(plan: Plan) -> str:
    """One line a node, indented by depth."""
    lines = [f"{'  ' * node.depth}{'→ ' if node.depth else ''}{title(node)}{_figures(node)}" for node in plan.nodes]
    if not plan.complete:
        lines.append("… (cut off)")
    return "\n".join(line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…" for line in lines)


def title(node: Node) -> str:
    """What a node does: kind, table, index."""
    words = [node.kind]
    if node.get("Join Type") not in (None, "Inner"):
        words.append(f"({node.get('Join Type')})")
    if node.table:
        words.append(f"on {node.table}")
    if node.index:
        words.append(f"by {node.index}")
    if node.get("CTE Name"):
        words.append(f"of {node.get('CTE Name')}")
    return " ".join(words)


def _figures(node: Node) -> str:
    if node.loops is None:
        return agreeing(f": cost {show('cost', node.cost)}, {show('rows', round(node.estimated_rows))} rows expected")
    if node.loops == 0:
        return ": never run"
    loops = f", {node.loops:,} loops" if node.loops > 1 else ""
    spent = f"{show('own_ms', node.exclusive_ms)}, " if node.exclusive_ms is not None else ""
    off = f" ({show('rows', round(node.estimated_rows * node.loops))} expected)" if (node.misestimate or 1) >= 2 else ""
    return agreeing(f": {spent}{counted(node)}{off}{loops}")


def counted(node: Node) -> str:
    """The rows of a node that was run, no more exactly than they are known."""
    if not node.rows and node.rows_off:
        return f"fewer than {math.ceil(node.rows_off):,} rows"
    return f"{'about ' if node.rows_off else ''}{node.known_rows:,} rows"
