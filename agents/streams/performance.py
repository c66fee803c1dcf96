"""Performance: statistics, indexes and upkeep of the tables."""

from typing import Any

from agents.desk import Desk
from agents.streams.seen import health

CODES = (
    "stale-statistics",
    "dead-tuples",
    "autovacuum-disabled",
    "bloated-table",
    "bloated-index",
    "duplicate-index",
    "redundant-index",
    "invalid-index",
    "unused-index",
)


async def performance(desk: Desk, tables: list[str]) -> list[dict[str, Any]]:
    """What slows work on the tables, whatever the statement."""
    return await health(desk, tables, CODES)
