"""nested-loop-explosion: the inner side of a nested loop was run far more often than the planner thought."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import Look

_LEAST_LOOPS = 1000
_LEAST_SHARE = 0.3
_LEAST_TOUCHED = 1_000_000.0


def check(look: Look) -> Iterator[Finding]:
    """Nested loops whose inner side takes much of the time, over an outer side that was underestimated tenfold,
    or that touch more than a million inner rows."""
    total = look.plan.total_ms if look.plan else None
    for node in look.nodes:
        if node.kind != "Nested Loop" or len(node.children) < 2 or not total:
            continue
        outer, inner = node.children[0], node.children[1]
        loops = inner.loops or 0
        spent = (inner.inclusive_ms or 0.0) + (node.exclusive_ms or 0.0)
        touched = max((each.rows or 0.0) + each.removed for each in (inner, node))
        surprised = (outer.rows or 0.0) >= 10 * max(1.0, outer.estimated_rows * (outer.loops or 1))
        if loops < _LEAST_LOOPS or spent < _LEAST_SHARE * total or not (surprised or touched >= _LEAST_TOUCHED):
            continue
        yield Finding(
            code="nested-loop-explosion",
            severity=Severity.HIGH if spent >= 0.6 * total else Severity.MEDIUM,
            object=look.name(inner) or look.name(outer) or "nested loop",
            summary="The inner side of a nested loop ran {loops} times and took {inner_ms}; "
            "{expected_loops} were expected",
            facts={
                "loops": loops,
                "expected_loops": round(outer.estimated_rows),
                "inner_ms": spent,
                "touched_rows": round(touched),
            },
            remedy="Mend the estimate of the outer side (ANALYZE, extended statistics), so that a hash join is chosen; "
            "or give the inner side an index on the join column",
            wrong_if="the inner side is a quick index lookup and the caller needs all these rows",
        )
