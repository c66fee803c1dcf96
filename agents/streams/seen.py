"""Health findings about the tables of a case."""

from typing import Any

from agents.desk import Desk
from common.findings import Finding, Severity


async def health(desk: Desk, tables: list[str], codes: tuple[str, ...]) -> list[dict[str, Any]]:
    """What the health checks `codes` say of these tables and their columns and indexes, worth a look or worse."""
    if not tables:
        return []
    evidence = await desk.runner.call("health", codes=sorted(codes), tables=sorted(tables))
    if not evidence.ok:
        return []
    found = [Finding.model_validate(one) for one in evidence.data["findings"]]
    return [
        one.model_copy(update={"evidence": (evidence.id,)}).model_dump(mode="json")
        for one in found
        if one.severity is not Severity.INFO
    ]
