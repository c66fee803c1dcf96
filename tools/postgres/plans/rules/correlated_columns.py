"""correlated-columns: conditions on columns that go together are estimated as if they were independent."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import Look
from tools.postgres.plans.names import quoted
from tools.postgres.plans.rules.estimates import misjudged, stale


def check(look: Look) -> Iterator[Finding]:
    """Scans with two or more equality conditions from which ten times the expected rows came."""
    if look.statement is None or look.plan is None:
        return
    wrong = misjudged(look.plan)
    for node in look.nodes:
        table, relation = look.table(node), look.relation(node)
        if table is None or relation is None or stale(table) or node.number not in wrong:
            continue
        columns = sorted(
            {
                term.key.columns[0]
                for term in look.statement.terms
                if term.relation == relation.number and term.key.plain and term.op in ("=", "in") and not term.joined
            }
        )
        if len(columns) < 2 or (node.actual_rows or 0.0) <= node.estimated_rows:
            continue
        name = quoted(f"{table.name}_{'_'.join(columns)}_stats"[:63])
        target = f"{quoted(table.schema)}.{quoted(table.name)}"
        yield Finding(
            code="correlated-columns",
            severity=Severity.MEDIUM,
            object=table.qualified,
            summary="{columns} go together: {estimated_rows} rows were expected and {actual_rows} came",
            facts={
                "columns": ", ".join(columns),
                "estimated_rows": round(node.estimated_rows),
                "actual_rows": round(node.actual_rows or 0.0),
            },
            remedy=f"CREATE STATISTICS {quoted(table.schema)}.{name} (dependencies, mcv) "
            f"ON {', '.join(quoted(each) for each in columns)} FROM {target}; ANALYZE {target}",
            wrong_if="the table's statistics are merely old: ANALYZE first",
        )
