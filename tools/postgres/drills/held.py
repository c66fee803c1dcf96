"""Drills that went well, remembered on this machine: no server knows that its backup was restored elsewhere."""

import hashlib
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

from common import directories


class Held(BaseModel):
    """The last drill of a database in which everything came back: when, of what, and how many rows were counted."""

    at: datetime
    backup: str
    rows: int


def remember(system_identifier: str, database: str, held: Held) -> None:
    """Write it down. Where that cannot be done the drill was held all the same."""
    path = _path(system_identifier, database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(held.model_dump_json())
    except OSError:
        return


def last_held(system_identifier: str, database: str) -> Held | None:
    """The last one of this database of this cluster; None when none is remembered here."""
    try:
        return Held.model_validate_json(_path(system_identifier, database).read_bytes())
    except (OSError, ValidationError):
        return None


def _path(system_identifier: str, database: str) -> Path:
    name = hashlib.sha256(f"{system_identifier}/{database}".encode()).hexdigest()[:24]
    return directories.build_data() / "drills" / f"{name}.json"
