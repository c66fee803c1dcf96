"""Nodes whose measured rows say nothing against the estimate, because what reads them asked for no more, or asked twice.

The planner estimates a node as if it ran to its end. A LIMIT, EXISTS, a merge join whose other side is through, or a hash
join with nothing on one side stop it before (PostgreSQL documentation, "Using EXPLAIN", on actual rows of such nodes).
"""

from tools.postgres.plans.tree import Node, Plan

_READS_ALL = frozenset({"Sort", "Hash", "Bitmap Heap Scan", "ModifyTable", "Recursive Union"})


def stopped_early(plan: Plan) -> frozenset[int]:
    """Numbers of the nodes that may have been stopped before their end: fewer rows than estimated prove nothing."""
    found: dict[int, bool] = {}
    _mark(plan.root, False, found, _texts(plan))
    for node in plan.nodes:  # a CTE runs as far as its readers ask, wherever it hangs in the tree
        name = str(node.get("Subplan Name") or "")
        if name.startswith("CTE "):
            readers = [each for each in plan.nodes if each.kind == "CTE Scan" and each.get("CTE Name") == name[4:]]
            _mark(node, bool(readers) and all(found[each.number] for each in readers), found, _texts(plan))
    return frozenset(number for number, stopped in found.items() if stopped)


def read_again(plan: Plan) -> frozenset[int]:
    """Numbers of the nodes of which a merge join may read rows more than once: more than estimated proves nothing."""
    return frozenset(node.children[1].number for node in plan.nodes if node.kind == "Merge Join" and node.children[1:])


def _texts(plan: Plan) -> str:
    return " ".join(text for node in plan.nodes for text in node.conditions.values())


def _mark(node: Node, stopped: bool, found: dict[int, bool], texts: str) -> None:
    found[node.number] = stopped or _cuts_itself(node)
    for place, child in enumerate(node.children):
        _mark(child, _stops(node, place, child, stopped, texts), found, texts)


def _cuts_itself(node: Node) -> bool:
    """A window function with a condition on its result ends there; the planner reckons with all rows."""
    if node.kind == "Subquery Scan":
        return any(_cuts_itself(child) for child in node.children)
    return node.kind == "WindowAgg" and bool(node.get("Run Condition"))


def _stops(node: Node, place: int, child: Node, stopped: bool, texts: str) -> bool:
    """Whether `child` may be left before its end, when `node` may (`stopped`) or may not."""
    name = str(child.get("Subplan Name") or "")
    if name:
        return not name.startswith("CTE ") and f"hashed {name.split(' (')[0]}" not in texts
    if node.kind in _READS_ALL or (node.kind == "Aggregate" and node.get("Strategy") != "Sorted"):
        return False
    if node.kind in ("Limit", "Merge Join") or _cuts_itself(node):
        return True
    if node.kind == "Hash Join":
        return stopped or (place == 0 and not node.children[1].rows)
    if node.kind == "Nested Loop" and place == 1:
        return stopped or node.get("Join Type") in ("Semi", "Anti") or node.get("Inner Unique") is True
    return stopped
