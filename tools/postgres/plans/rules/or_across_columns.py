"""or-across-columns: an OR whose arms ask different columns keeps one index from serving both."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import LARGE_ROWS, Look


def check(look: Look) -> Iterator[Finding]:
    """ORs over different columns for which a large table is read whole, or that join tables."""
    if look.statement is None or look.plan is None:
        return
    for block in look.statement.blocks:
        for arms in block.arms:
            keys = {(term.relation, term.key.columns) for arm in arms for term in arm[:1]}
            owners = sorted({relation for relation, _ in keys})
            if len(keys) < 2:
                continue
            for owner in owners:
                relation = look.statement.relations[owner]
                node = look.node_of(relation)
                if node is None or node.kind != "Seq Scan" or look.read_rows(node) < LARGE_ROWS:
                    continue
                if len(owners) == 1 and look.kept_share(node) > 0.05:
                    continue
                yield Finding(
                    code="or-across-columns",
                    severity=Severity.MEDIUM,
                    object=relation.table.qualified,
                    summary="An OR over {columns} makes {read_rows} rows be read",
                    facts={
                        "columns": ", ".join(sorted({column for _, each in keys for column in each})),
                        "read_rows": round(look.read_rows(node)),
                        "own_ms": node.exclusive_ms,
                    },
                    remedy="One index per arm, and where the arms are of different tables one SELECT per arm, "
                    "joined by UNION",
                    wrong_if="one arm alone picks a large part of the table",
                )
                break
