"""row-misestimate: the planner expected far more or far fewer rows than came."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import Look
from tools.postgres.plans.rules import correlated_columns
from tools.postgres.plans.rules.estimates import misjudged, remedy
from tools.postgres.plans.tree import Node


def check(look: Look) -> Iterator[Finding]:
    """The lowest nodes whose estimate is off tenfold or more; those above only inherit it.

    Not those that were stopped early or read twice, and not those of which correlated-columns says why.
    """
    if look.plan is None or not look.plan.measured:
        return
    wrong = misjudged(look.plan)
    explained = {finding.object for finding in correlated_columns.check(look)}
    for node in _lowest(look.plan.root, wrong):
        if look.name(node) in explained:
            continue
        times = node.misestimate or 1.0
        yield Finding(
            code="row-misestimate",
            severity=Severity.MEDIUM if times >= 100 and node.table else Severity.LOW,
            object=look.name(node) or node.kind,
            summary="The planner expected {estimated_rows} rows and {actual_rows} came: off by {off_times}",
            facts={
                "estimated_rows": round(node.estimated_rows * (node.loops or 1)),
                "actual_rows": node.known_rows,
                "off_times": times,
                "node": node.kind,
            },
            remedy=remedy(look, node),
            wrong_if="the same plan would be chosen with the right number",
        )


def _lowest(node: Node, wrong: frozenset[int]) -> list[Node]:
    below = [found for child in node.children for found in _lowest(child, wrong)]
    return below or ([node] if node.number in wrong else [])
