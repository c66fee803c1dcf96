"""Lock modes and whom they keep waiting."""

from dataclasses import dataclass, replace
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
    """A table lock that one statement took. `held_ms`: from the statement's start to the end of its transaction."""

    statement: int
    mode: str
    object: QualifiedName
    held_ms: float
    blocks: tuple[Work, ...]

    def held_until(self, held_ms: float) -> "Lock":
        """The same, held for this long."""
        return replace(self, held_ms=held_ms)


def blocks(mode: str) -> tuple[Work, ...]:
    """What waits while this mode is held: SELECT takes AccessShareLock, INSERT and UPDATE RowExclusiveLock."""
    rank = MODES.index(mode)
    if rank == MODES.index("AccessExclusiveLock"):
        return ("reads", "writes")
    return ("writes",) if rank >= MODES.index("ShareLock") else ()
