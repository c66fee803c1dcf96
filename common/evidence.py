"""Evidence: what one tool call brought back, chained so that a changed record shows."""

import hashlib
import json
import math
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

GENESIS = "0" * 64
"""What the first record of a case names as the one before it."""


class Status(StrEnum):
    """How a tool call ended."""

    OK = "ok"
    NO_DATA = "no_data"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    ERROR = "error"


class Draft(BaseModel):
    """A record before the ledger has given it its place in the chain.

    `key` names the call (tool and arguments): the same call in the same case is answered from the ledger, so a case
    that was interrupted never repeats a finished one. `data` holds the tool's result, or `reason` and `needs` when the
    status is not ok. `ms` is the time from call to answer, in milliseconds. `statement` is what was sent to the engine,
    to the letter.
    """

    model_config = ConfigDict(frozen=True)

    case: str
    key: str
    tool: str
    engine: str
    server_version: str = ""
    role: str = ""
    statement: str = ""
    status: Status
    data: dict[str, Any] = Field(default_factory=dict)
    ms: float
    at: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))


class Evidence(Draft):
    """A record in its place: `id` (E1, E2, … in the case), the digest of the one before, and its own."""

    id: str
    previous: str
    digest: str

    @property
    def ok(self) -> bool:
        """Whether the call brought back what was asked for."""
        return self.status is Status.OK

    def sealed(self) -> bool:
        """Whether the digest still is the one of this content."""
        return self.digest == digest(self)

    def public(self) -> dict[str, Any]:
        """The record as contract.md prints it."""
        return self.model_dump(mode="json", exclude={"case", "key"})


def lost(records: Iterable[Evidence]) -> Evidence | None:
    """The newest record of a call that ended because its engine went away, and was not made again since."""
    newest = {record.key: record for record in records}
    return next((record for record in newest.values() if record.data.get("engine_lost")), None)


def seal(draft: Draft, number: int, previous: str) -> Evidence:
    """`draft` as record `number` (from 1) after the one whose digest is `previous`."""
    record = Evidence(**_plain(draft.model_dump(mode="json")), id=f"E{number}", previous=previous, digest="")
    return record.model_copy(update={"digest": digest(record)})


def digest(record: Evidence) -> str:
    """SHA-256, in hexadecimal, of the record without its digest, in canonical JSON."""
    return hashlib.sha256(canonical(record.model_dump(mode="json", exclude={"digest"})).encode()).hexdigest()


def canonical(content: dict[str, Any]) -> str:
    """The one way a record is written down: JSON in ASCII, keys sorted, no spaces. Any other byte is a change."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _plain(value: Any) -> Any:
    """What JSON can hold: no infinities, no lone surrogates."""
    if isinstance(value, dict):
        return {_plain(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return value


class Ledger(Protocol):
    """Where evidence is kept. Two keep it: memory (one command) and the state store (a case)."""

    async def find(self, case: str, key: str) -> Evidence | None:
        """The newest record of this call in this case, if it was made before."""

    async def append(self, draft: Draft) -> Evidence:
        """Give the draft its id and its place in the chain of its case. Appends to one case are serialised."""

    async def records(self, case: str) -> list[Evidence]:
        """All records of the case, in order."""


class MemoryLedger:
    """A ledger for one command that keeps nothing afterwards."""

    def __init__(self) -> None:
        self._records: dict[str, list[Evidence]] = {}

    async def find(self, case: str, key: str) -> Evidence | None:
        """The newest record of this call in this case, if it was made before."""
        return next((record for record in reversed(self._records.get(case, ())) if record.key == key), None)

    async def append(self, draft: Draft) -> Evidence:
        """Give the draft its id and its place in the chain."""
        chain = self._records.setdefault(draft.case, [])
        record = seal(draft, len(chain) + 1, chain[-1].digest if chain else GENESIS)
        chain.append(record)
        return record

    async def records(self, case: str) -> list[Evidence]:
        """All records of the case, in order."""
        return list(self._records.get(case, ()))
