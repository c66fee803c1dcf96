"""cte-fence: a WITH query is computed whole though only part of it is wanted."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import LARGE_ROWS, Look

_MOST_KEPT = 0.1


def check(look: Look) -> Iterator[Finding]:
    """Scans of a materialised WITH query that throw nine tenths of it away."""
    made = {
        str(n.get("Subplan Name"))[4:]: n for n in look.nodes if str(n.get("Subplan Name") or "").startswith("CTE ")
    }
    for node in look.nodes:
        source = made.get(str(node.get("CTE Name")))
        if node.kind != "CTE Scan" or source is None or not node.get("Filter") or source.kind == "Recursive Union":
            continue
        rows = source.rows if source.rows is not None else source.estimated_rows
        kept = node.rows if node.rows is not None else node.estimated_rows
        if rows < LARGE_ROWS or kept > _MOST_KEPT * rows:
            continue
        yield Finding(
            code="cte-fence",
            severity=Severity.MEDIUM,
            object=next((look.name(each) for each in source.walk() if each.table), str(node.get("CTE Name"))),
            summary="WITH {cte} is computed whole, {made_rows} rows, of which {kept_rows} are wanted",
            facts={
                "cte": str(node.get("CTE Name")),
                "made_rows": round(rows),
                "kept_rows": round(kept),
                "own_ms": source.inclusive_ms,
            },
            remedy="Write AS NOT MATERIALIZED (or take MATERIALIZED away), so that the condition reaches the tables inside",
            wrong_if="the WITH query is costly and read several times, or calls volatile functions",
        )
