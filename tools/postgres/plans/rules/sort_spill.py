"""sort-spill: a sort did not fit in work_mem and went through files."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import Look


def check(look: Look) -> Iterator[Finding]:
    """Every sort whose space was on disk (EXPLAIN ANALYZE: Sort Method: external merge)."""
    for node in look.nodes:
        used = int(node.get("Sort Space Used", 0)) * 1024 if node.get("Sort Space Type") == "Disk" else 0
        for name in ("Full-sort Groups", "Pre-sorted Groups"):
            space = (node.get(name) or {}).get("Sort Space Disk") or {}
            used = max(used, int(space.get("Peak Sort Space Used", 0)) * 1024)
        for worker in node.get("Workers", ()):
            if worker.get("Sort Space Type") == "Disk":
                used = max(used, int(worker.get("Sort Space Used", 0)) * 1024)
        if not used:
            continue
        share = look.share(node)
        yield Finding(
            code="sort-spill",
            severity=Severity.MEDIUM if share is None or share >= 0.2 else Severity.LOW,
            object="work_mem",
            summary="A sort by {keys} wrote {disk_bytes} to files because it did not fit in work_mem",
            facts={"disk_bytes": used, "keys": ", ".join(node.get("Sort Key", ())), "own_ms": node.exclusive_ms},
            remedy="An index in this order avoids the sort; else raise work_mem for this statement only "
            "(SET LOCAL work_mem), to some three times what was written",
            wrong_if="the statement runs rarely and nobody waits for it",
        )
