"""Statistics to create: where columns go together and the planner does not know."""

from collections.abc import Sequence

from tools.postgres.advise.case import Case
from tools.postgres.advise.proof import Proof
from tools.postgres.advise.tidy import Drop
from tools.postgres.plans.look import Look
from tools.postgres.plans.rules.correlated_columns import check as correlated


def statistics(cases: Sequence[Case], proof: Proof) -> list[Drop]:
    """Extended statistics that the measured plans call for, each once."""
    plans = {each.number: each.after for each in proof.measured}
    found: dict[str, Drop] = {}
    for case in cases:
        plan = plans.get(case.number)
        if plan is None:
            continue
        for finding in correlated(Look(plan, case.statement, case.statement.schema)):
            found.setdefault(finding.remedy, Drop(finding.remedy, finding.text))
    return list(found.values())
