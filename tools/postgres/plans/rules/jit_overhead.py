"""jit-overhead: compiling the statement takes longer than it saves."""

from collections.abc import Iterator

from common.findings import Finding, Severity
from tools.postgres.plans.look import Look

_LEAST_MS = 10.0
_LEAST_SHARE = 0.25


def check(look: Look) -> Iterator[Finding]:
    """A quarter or more of the execution time goes into JIT compilation."""
    plan = look.plan
    if plan is None or plan.jit_ms is None or not plan.execution_ms:
        return
    if plan.jit_ms < _LEAST_MS or plan.jit_ms < _LEAST_SHARE * plan.execution_ms:
        return
    yield Finding(
        code="jit-overhead",
        severity=Severity.MEDIUM,
        object="jit_above_cost",
        summary="{jit_ms} of {execution_ms} went into compiling {functions} functions",
        facts={"jit_ms": plan.jit_ms, "execution_ms": plan.execution_ms, "functions": plan.jit_functions},
        remedy="Mend the estimate that made it look costly; else raise jit_above_cost, or SET jit = off for the role",
        wrong_if="the statement usually runs much longer than this",
    )
