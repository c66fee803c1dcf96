"""The tool `health`: every check of the catalogue that PostgreSQL can answer from its catalogues and counters."""

from pydantic import BaseModel, Field

from common.findings import Finding, NotChecked
from tools.postgres.health import CHECKS
from tools.postgres.health.examination import examine
from tools.postgres.health.view import Patience
from tools.tool import Bench, Effect, Tool

STATEMENT_MS = 5_000


class Arguments(BaseModel):
    """Which codes to look for (none named: all), and how many seconds a session may go on before it is reported."""

    codes: list[str] = Field(default_factory=list)
    idle_s: float = Field(default=300.0, ge=0)
    transaction_s: float = Field(default=1800.0, ge=0)
    blocked_s: float = Field(default=5.0, ge=0)
    prepared_s: float = Field(default=300.0, ge=0)


class Health(BaseModel):
    """Findings, worst first, the codes that could not be looked at, and how many were."""

    findings: list[Finding]
    not_checked: list[NotChecked]
    checked: int


async def health(asked: Arguments, bench: Bench) -> Health:
    """Look for every health code: schema and indexes, running, recovery, replication, security, money."""
    checks = [check for check in CHECKS if not asked.codes or check.code in asked.codes]
    patience = Patience(asked.idle_s, asked.transaction_s, asked.blocked_s, asked.prepared_s)
    limit = min(STATEMENT_MS, bench.settings.statement_timeout_ms)
    findings, missed = await examine(checks, lambda: bench.live(timeout_ms=limit), patience, _unsaid)
    codes = {check.code for check in checks} - {each.code for each in missed}
    return Health(findings=findings, not_checked=missed, checked=len(codes))


def _unsaid(code: str) -> None:
    """A code takes some milliseconds: nobody waits for one, and their names would bury what is said beside them."""


TOOL = Tool("health", "postgresql", Effect.READ, Arguments, health, timeout_s=120.0)
