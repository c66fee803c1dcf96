"""seq-scan-on-large-table: a large table is read whole and most of it thrown away."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import LARGE_ROWS, Look
from tools.postgres.plans.rules.missing_index import explains

_MOST_KEPT = 0.05


def check(look: Look) -> Iterator[Finding]:
    """Every sequential scan of many rows that keeps few, where missing-index does not say it better."""
    for node in look.nodes:
        if node.kind != "Seq Scan" or not node.get("Filter"):
            continue
        read = look.read_rows(node)
        if read < LARGE_ROWS or look.kept_share(node) > _MOST_KEPT or explains(look, node):
            continue
        share = look.share(node)
        yield Finding(
            code="seq-scan-on-large-table",
            severity=Severity.MEDIUM if share is None or share >= 0.2 else Severity.LOW,
            object=look.name(node),
            summary="{read_rows} rows are read one after another to keep {kept_share}, by the filter {filter}",
            facts={
                "read_rows": round(read),
                "kept_share": look.kept_share(node),
                "own_ms": node.exclusive_ms,
                "filter": str(node.get("Filter")),
            },
            remedy="Give the filter an index, or write it so that an index it has can serve it",
            wrong_if="the statement runs rarely, or other values keep a large part of the table",
        )
