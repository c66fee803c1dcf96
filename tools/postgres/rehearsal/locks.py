"""Lock modes and whom they keep waiting."""

from dataclasses import dataclass
from typing import Literal

from tools.postgres.rehearsal.names import QualifiedName

Work = Literal["reads", "writes"]

MODES = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
"""Weakest first (PostgreSQL documentation, 13.3.1)."""


@dataclass(frozen=True)
class Lock:
    """A table lock that one statement took. `held_ms`: from the statement's start to the end of its transaction.

    `waited_ms`: the longest that a client reading or writing one row beside it was seen to wait for it.
    """

    statement: int
    mode: str
    object: QualifiedName
    held_ms: float
    blocks: tuple[Work, ...]
    waited_ms: float = 0.0


def blocks(mode: str) -> tuple[Work, ...]:
    """What waits while this mode is held: SELECT takes AccessShareLock, INSERT and UPDATE RowExclusiveLock."""
    rank = MODES.index(mode)
    if rank == MODES.index("AccessExclusiveLock"):
        return ("reads", "writes")
    return ("writes",) if rank >= MODES.index("ShareLock") else ()
