"""What a migration file was read as."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Reading:
    """A migration as its tool would send it, in SQL, with lines numbered as in the file."""

    what: str
    """What it is, for people: "a Flyway migration, in one transaction"."""
    up: str
    down: str | None = None
    """The way back that came with it; None when none did."""
    notes: tuple[str, ...] = ()
    """What the tool would do that cannot be rehearsed, or would do differently."""


Reader = Callable[[str, Path | None], Reading | None]
"""(text, the file it came from or None) to what it is; None when it is something else."""


def in_transaction(text: str) -> str:
    """The text within BEGIN and COMMIT; no line of it moves."""
    return f"BEGIN; {text.rstrip()}\n;COMMIT;\n"


def blank(lines: list[str], keep: set[int]) -> str:
    """The lines whose index is in `keep`, the others empty, so that line numbers stay true."""
    return "\n".join(line if place in keep else "" for place, line in enumerate(lines))


def has_sql(text: str) -> bool:
    """Whether anything but blank lines and line comments is left."""
    return any(line.strip() and not line.strip().startswith("--") for line in text.splitlines())
