"""Cases in the state store: what was asked, and how far it came."""

from enum import StrEnum
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict

from common.errors import UnknownObject
from common.state.store import Store


class Stage(StrEnum):
    """Where a case stands while it is not finished; finished ones carry the status of contract.md."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    STOPPED = "stopped"


class Request(BaseModel):
    """What a case works on: an issue of a board, and the live server it is about (never with a password).

    `hops` counts how often the work was handed on; `parent` is the case that waits for this one; `role` names the role
    that was asked for, if any.
    """

    model_config = ConfigDict(frozen=True)

    board: str
    issue: int
    actor: str
    live: str = ""
    role: str = ""
    hops: int = 0
    parent: str = ""


class Case(BaseModel):
    """One question under work."""

    model_config = ConfigDict(frozen=True)

    id: str
    origin: str
    request: Request
    status: str
    detail: str = ""
    report: dict[str, Any] | None = None
    age_s: float = 0.0

    @property
    def finished(self) -> bool:
        """Whether an answer was published."""
        return self.status in ("done", "needs_approval", "partial")

    def unfinished_at(self, live: str) -> bool:
        """Whether it can be gone on with at that live server; a case another one waits for goes on with that one."""
        return (
            not self.finished and self.status != Stage.STOPPED and self.request.live == live and not self.request.parent
        )


class Cases:
    """The cases of the state store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def open(self, case: str, origin: str, request: Request) -> Case:
        """The case of that id: made when it is new, as it is when it was seen before."""
        await self._store.rows("case_open", id=case, origin=origin, request=Jsonb(request.model_dump()))
        return await self.get(case)

    async def get(self, case: str) -> Case:
        """The case of that id. Raises UnknownObject."""
        rows = await self._store.rows("case_get", id=case)
        if not rows:
            raise UnknownObject(kind="case", name=case, next="See ./p3 cases for those there are.")
        return Case.model_validate(rows[0])

    async def all(self) -> list[Case]:
        """Every case, newest first, without its report."""
        return [Case.model_validate(row) for row in await self._store.rows("case_list")]

    async def mark(self, case: str, status: str, detail: str = "", report: dict[str, Any] | None = None) -> None:
        """Write down how far the case came; a report once written stays when none is given."""
        payload = Jsonb(report) if report is not None else None
        await self._store.rows("case_mark", id=case, status=status, detail=detail, report=payload)
