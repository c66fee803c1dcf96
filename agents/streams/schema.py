"""Schema and data modelling: keys, types and constraints of the tables."""

from typing import Any

from agents.desk import Desk
from agents.streams.seen import health

CODES = (
    "no-primary-key",
    "constraint-not-validated",
    "foreign-key-without-index",
    "timestamp-without-time-zone",
    "unlogged-table",
    "sequence-near-limit",
    "int4-key-near-limit",
    "money-as-float",
    "balance-without-check",
)


async def schema(desk: Desk, tables: list[str]) -> list[dict[str, Any]]:
    """Faults in the design of the tables."""
    return await health(desk, tables, CODES)
