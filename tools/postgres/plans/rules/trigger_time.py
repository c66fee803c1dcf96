"""trigger-time: triggers and foreign keys take much of a change's time."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import Look

_LEAST_MS = 5.0
_LEAST_SHARE = 0.2


def check(look: Look) -> Iterator[Finding]:
    """Triggers that take a fifth or more of the execution time."""
    total = look.plan.execution_ms if look.plan else None
    for trigger in look.plan.triggers if look.plan and total else ():
        if total is None or trigger.ms < _LEAST_MS or trigger.ms < _LEAST_SHARE * total:
            continue
        yield Finding(
            code="trigger-time",
            severity=Severity.HIGH if trigger.ms >= 0.5 * total else Severity.MEDIUM,
            object=trigger.table or trigger.name,
            summary="The trigger {trigger} took {trigger_ms} of {execution_ms}, in {calls} calls",
            facts={
                "trigger": trigger.constraint or trigger.name,
                "trigger_ms": trigger.ms,
                "execution_ms": total,
                "calls": trigger.calls,
            },
            remedy="For a foreign key: an index on the referencing columns; for a trigger of your own: once per statement "
            "with transition tables, instead of once per row",
            wrong_if="the work the trigger does has to be done at this moment",
        )
