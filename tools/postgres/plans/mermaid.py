"""A plan as a Mermaid flowchart, as GitHub renders it."""

from common.figures import agreeing, show
from tools.postgres.plans.text import counted, title
from tools.postgres.plans.tree import Node, Plan

MOST_NODES = 40
_HOT_SHARE = 0.3
_ESCAPES = str.maketrans(
    {
        "#": "#35;",
        '"': "#quot;",
        "<": "#lt;",
        ">": "#gt;",
        "`": "#96;",
        "\n": " ",
        "[": "#91;",
        "]": "#93;",
        "|": "#124;",
    }
)
_LONGEST = 120


def flowchart(plan: Plan) -> str:
    """The plan, at most 40 nodes, the costly ones marked."""
    return "\n".join(["flowchart BT", *_nodes(plan, "n"), _STYLE])


def before_after(before: Plan, after: Plan) -> str:
    """Two plans beside each other."""
    lines = ["flowchart BT", "subgraph Before", *_nodes(before, "b"), "end"]
    return "\n".join([*lines, "subgraph After", *_nodes(after, "a"), "end", _STYLE])


_STYLE = "classDef hot fill:#fdd,stroke:#c00"


def _nodes(plan: Plan, prefix: str) -> list[str]:
    shown = plan.nodes[:MOST_NODES]
    numbers = {node.number for node in shown}
    lines = [f'{prefix}{node.number}["{_label(node)}"]{":::hot" if _hot(node, plan) else ""}' for node in shown]
    lines += [
        f"{prefix}{child.number} --> {prefix}{node.number}"
        for node in shown
        for child in node.children
        if child.number in numbers
    ]
    if len(plan.nodes) > len(shown):
        lines.append(f'{prefix}more["… {len(plan.nodes) - len(shown)} more nodes"]')
    return lines


def _label(node: Node) -> str:
    if node.loops is None:
        figures = f"cost {show('cost', node.cost)}"
    elif node.loops == 0:
        figures = "never run"
    else:
        figures = agreeing(f"{show('own_ms', node.exclusive_ms)}, {counted(node)}")
    return escaped(title(node)[:_LONGEST]) + "<br>" + escaped(figures)


def escaped(text: str) -> str:
    """`text` inside a quoted label: nothing in it can end the label or start markup."""
    return text.translate(_ESCAPES)


def _hot(node: Node, plan: Plan) -> bool:
    total = plan.total_ms
    return bool(total and node.exclusive_ms and node.exclusive_ms >= _HOT_SHARE * total)
