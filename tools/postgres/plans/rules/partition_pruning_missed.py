"""partition-pruning-missed: every partition is read though the statement wants some rows only."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import Look

_LEAST_PARTITIONS = 3


def check(look: Look) -> Iterator[Finding]:
    """Partitioned tables of which every partition is scanned for a statement that has conditions on them."""
    if look.statement is None:
        return
    scanned = {node.table.split(".")[-1] for node in look.nodes if node.table and node.loops != 0}
    for relation in look.statement.relations:
        table = relation.table
        names = {each.split(".", 1)[1].strip('"') for each in table.partitions}
        conditions = [term for term in look.statement.terms if term.relation == relation.number and not term.joined]
        if table.kind != "p" or len(names) < _LEAST_PARTITIONS or not names <= scanned or not conditions:
            continue
        yield Finding(
            code="partition-pruning-missed",
            severity=Severity.MEDIUM,
            object=table.qualified,
            summary="All {partitions} partitions are read: no condition compares the partition key {key} itself with a value",
            facts={"partitions": len(names), "key": table.partition_key},
            remedy=f"Add a condition on the partition key ({table.partition_key}), with no function or cast around it",
            wrong_if="the rows wanted really lie in all partitions",
        )
