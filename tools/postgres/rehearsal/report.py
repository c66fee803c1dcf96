"""What `rehearse` answers: one object, documented in README."""

from typing import Literal

from pydantic import BaseModel

from common.config.settings import CopyKind
from common.findings import Finding, Severity
from tools.postgres.rehearsal.rewritten import NotRewritten, Rewrite

Verdict = Literal["safe", "careful", "unsafe"]


class FindingOut(BaseModel):
    """One hazard; `statement` counts from 1, 0 is the migration as a whole."""

    code: str
    severity: Severity
    statement: int
    object: str
    why: str
    remedy: str
    evidence: list[str] = []
    finding: Finding
    """The same with its facts, for reports that refer to them."""


class LockOut(BaseModel):
    """A table lock as it was taken on the copy.

    `held_ms` from the statement's start to the end of its transaction; `live_ms` the same at live size; `waited_ms` the
    longest that a client beside it was kept waiting, as measured.
    """

    statement: int
    mode: str
    object: str
    held_ms: float
    live_ms: float
    waited_ms: float
    blocks: list[str]


class StepOut(BaseModel):
    """One statement as it ran on the copy; `ms` milliseconds there, `live_ms` the estimate at live size.

    Without `ran` it did not, as one before it failed: nothing is known of it.
    """

    statement: int
    sql: str
    ms: float
    live_ms: float
    wal_bytes: int
    rewritten: list[str]
    built: list[str]
    scanned: list[str]
    error: str | None
    ran: bool = True


class Estimate(BaseModel):
    """What the migration has to do with on the live server: rows by the planner's count, bytes with indexes.

    `seconds` and `wal_bytes` (write-ahead log) are what it would take there, `most_seconds` by the slowest of its `runs`
    on the copy: `seconds` goes by the fastest of each statement.
    """

    live_rows: int
    live_bytes: int
    seconds: float
    most_seconds: float
    runs: int
    wal_bytes: int
    assumptions: list[str]


class Down(BaseModel):
    """The way back; `restores` is None when it was not run. `lost`: data that it cannot bring back."""

    source: Literal["given", "derived", "none"]
    sql: str
    restores: bool | None
    lost: list[str]
    reason: str
    differences: list[str]


class ServedOut(BaseModel):
    """A statement that the live server runs often, on the copy before up and after it.

    `after_ms` is None when it no longer runs, or up failed; `indexes` are those its plans read.
    """

    statement: str
    calls: int
    before_ms: float
    after_ms: float | None
    indexes_before: list[str]
    indexes_after: list[str]
    error: str


class CopiedTable(BaseModel):
    """What of a table was on the copy."""

    name: str
    live_rows: int
    copied_rows: int
    whole: bool


class Report(BaseModel):
    """A rehearsal and its verdict."""

    verdict: Verdict
    findings: list[FindingOut]
    locks: list[LockOut]
    estimate: Estimate
    rewrite: Rewrite | None
    not_rewritten: list[NotRewritten]
    down: Down
    steps: list[StepOut]
    served: list[ServedOut]
    tables: list[CopiedTable]
    copy_about: str
    copy_kind: CopyKind
    missing: list[str]
