"""lossy-bitmap-scan: the bitmap did not fit in work_mem, so whole pages are checked row by row."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import Look


def check(look: Look) -> Iterator[Finding]:
    """Bitmap heap scans with lossy blocks."""
    for node in look.nodes:
        parts = [node.raw, *node.get("Workers", ())] if node.kind == "Bitmap Heap Scan" else []
        lossy = sum(int(part.get("Lossy Heap Blocks", 0)) for part in parts)
        exact = sum(int(part.get("Exact Heap Blocks", 0)) for part in parts)
        if not lossy:
            continue
        share = look.share(node)
        yield Finding(
            code="lossy-bitmap-scan",
            severity=Severity.MEDIUM if share is not None and share >= 0.3 else Severity.LOW,
            object=look.name(node),
            summary="{lossy_share} of the pages of a bitmap scan were remembered as pages only, and {removed_rows} rows "
            "rechecked in vain: work_mem is too small for the bitmap",
            facts={
                "lossy_share": lossy / (lossy + exact),
                "removed_rows": round(float(node.get("Rows Removed by Index Recheck", 0)) * (node.loops or 1)),
                "lossy_bytes": lossy * 8192,
            },
            remedy="Raise work_mem for this statement, or make the index more selective (a further column, a partial index)",
            wrong_if="the rows are needed anyway and few are removed",
        )
