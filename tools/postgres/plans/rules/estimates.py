"""Estimates that were off: which of them count, and what would mend each, by where the planner took it from."""

from tools.postgres.plans.look import Look
from tools.postgres.plans.names import quoted
from tools.postgres.plans.schema import Table
from tools.postgres.plans.statement import Term
from tools.postgres.plans.stopped import read_again, stopped_early
from tools.postgres.plans.tree import Node, Plan

_LEAST_TIMES = 10.0
_LEAST_ROWS = 1000.0
_PARTS = ("Bitmap Index Scan", "BitmapAnd", "BitmapOr")
_STALE_SHARE, _STALE_ROWS = 0.1, 50
"""From where on autovacuum analyses a table anew (autovacuum_analyze_scale_factor and _threshold, as they come)."""
_FINER = 1000


def misjudged(plan: Plan) -> frozenset[int]:
    """Numbers of the nodes whose estimate is off tenfold, over a thousand rows or more, and can be compared at all."""
    stopped, again = stopped_early(plan), read_again(plan)
    return frozenset(node.number for node in plan.nodes if _off(node, node.number in stopped, node.number in again))


def _off(node: Node, stopped: bool, again: bool) -> bool:
    times = node.misestimate
    if times is None or times < _LEAST_TIMES or node.kind in _PARTS:
        return False
    inputs = [child for child in node.children if not child.get("Subplan Name")]
    if len(inputs) > 1 and not all(child.rows for child in inputs):
        return False  # nothing to join with: one row or none is no great error below, whatever it makes above
    estimated, actual = node.estimated_rows * (node.loops or 1), node.rows or 0.0
    if (stopped and actual < estimated) or (again and actual > estimated):
        return False
    return max(estimated, actual) >= _LEAST_ROWS


def remedy(look: Look, node: Node) -> str:
    """What mends the estimate of a node: a statement that runs, or a sentence."""
    if node.kind == "Foreign Scan":
        return (
            "Let the planner ask the other server (OPTIONS (ADD use_remote_estimate 'true') on the foreign table), or "
            "ANALYZE the foreign table, so that it has statistics here"
        )
    if node.kind == "Function Scan":
        return "The planner takes a function's rows from its ROWS: set it near the truth (ALTER FUNCTION … ROWS n)"
    table = look.table(node)
    if table is None:
        if not node.table:
            return (
                "No statistics of one table mend this: see whether the plan suffers, and split the statement if it does"
            )
        return (
            f"ANALYZE {node.table} if many of its rows changed since that was last done; else paste the statement, too"
        )
    target = f"{quoted(table.schema)}.{quoted(table.name)}"
    if stale(table):
        return f"ANALYZE {target}"
    return _finer(table, target, _terms(look, node))


def stale(table: Table) -> bool:
    """Whether the table was never analysed, or so many of its rows changed since that autovacuum would do it again."""
    known = any(column.analysed for column in table.columns.values())
    return not known or table.changed > _STALE_SHARE * table.rows + _STALE_ROWS


def _terms(look: Look, node: Node) -> list[Term]:
    relation = look.relation(node)
    if relation is None or look.statement is None:
        return []
    return [each for each in look.statement.terms if each.relation == relation.number and not each.joined]


def _finer(table: Table, target: str, terms: list[Term]) -> str:
    """The statistics are as new as the rows: they are too coarse."""
    expressions = sorted({term.key.text for term in terms if not term.key.plain})
    columns = sorted({term.key.columns[0] for term in terms if term.key.plain})
    if expressions:
        return f"CREATE STATISTICS {_named(table, 'expr')} ON ({expressions[0]}) FROM {target}; ANALYZE {target}"
    if len(columns) > 1:
        listed = ", ".join(quoted(each) for each in columns[:8])
        return (
            f"CREATE STATISTICS {_named(table, '_'.join(columns))} (dependencies, mcv) ON {listed} FROM {target}; "
            f"ANALYZE {target}"
        )
    if columns:
        return f"ALTER TABLE {target} ALTER COLUMN {quoted(columns[0])} SET STATISTICS {_FINER}; ANALYZE {target}"
    return (
        "The table's statistics are new, and no condition of its own is misjudged: the number comes from the join above"
    )


def _named(table: Table, what: str) -> str:
    return f"{quoted(table.schema)}.{quoted(f'{table.name}_{what}_stats'[:63])}"
