"""heap-fetches: an index-only scan that visits the table after all."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import Look

_LEAST_FETCHES = 1000
_LEAST_SHARE = 0.1


def check(look: Look) -> Iterator[Finding]:
    """Index-only scans that had to look a tenth or more of their rows up in the table."""
    for node in look.nodes:
        fetches = int(node.get("Heap Fetches", 0))
        read = max(1.0, (node.rows or 0.0) + node.removed)
        if node.kind != "Index Only Scan" or fetches < _LEAST_FETCHES or fetches < _LEAST_SHARE * read:
            continue
        yield Finding(
            code="heap-fetches",
            severity=Severity.MEDIUM if (look.share(node) or 0.0) >= 0.3 else Severity.LOW,
            object=look.name(node),
            summary="An index-only scan visited the table for {fetched_rows} of {read_rows} rows: the visibility map is "
            "out of date",
            facts={"fetched_rows": fetches, "read_rows": round(read), "own_ms": node.exclusive_ms},
            remedy=f"VACUUM {look.name(node)}",
            wrong_if="the table is written to so fast that no VACUUM keeps up, or a long transaction holds it back",
        )
