"""Security and compliance: who may do what with the tables."""

from typing import Any

from agents.desk import Desk
from agents.streams.seen import health

CODES = ("grants-to-public", "row-security-missing", "row-security-always-true")


async def security(desk: Desk, tables: list[str]) -> list[dict[str, Any]]:
    """Rights that are too wide on the tables."""
    return await health(desk, tables, CODES)
