"""Scalability and replication: growth of the tables, and what would not survive it."""

from typing import Any

from agents.desk import Desk
from agents.streams.seen import health

CODES = (
    "table-unpartitioned-and-huge",
    "default-partition-growing",
    "missing-future-partition",
    "oversized-row",
    "xid-wraparound",
)


async def scalability(desk: Desk, tables: list[str]) -> list[dict[str, Any]]:
    """What will hurt when the tables have grown."""
    return await health(desk, tables, CODES)
