"""What a tool is: one thing that may be done to one engine."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel

from common.config.settings import Settings
from common.errors import Missing

if TYPE_CHECKING:
    from tools.postgres.connection import Postgres, Session

ArgsT = TypeVar("ArgsT", bound=BaseModel)
ResultT = TypeVar("ResultT", bound=BaseModel)


class Effect(StrEnum):
    """What a tool does to the world. None of the four writes to a live engine."""

    READ = "read"
    HYPOTHETICAL = "hypothetical"
    REHEARSE = "rehearse"
    PROPOSE = "propose"


@dataclass(frozen=True)
class Trace:
    """The statements one call sent to engines, to the letter and in order."""

    statements: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Bench:
    """What one tool call may touch."""

    settings: Settings
    postgres: "Postgres | None" = None
    progress: Callable[[str], None] = lambda line: None
    trace: Trace = field(default_factory=Trace)

    @asynccontextmanager
    async def live(self, *, timeout_ms: int | None = None) -> AsyncIterator["Session"]:
        """A read-only session on the live PostgreSQL, whose statements go into the trace.

        Raises Missing when the case has no PostgreSQL, and what Postgres.session raises.
        """
        if self.postgres is None:
            raise Missing(what="A PostgreSQL to look at", next="Name one with --dsn.")
        async with self.postgres.session(self.trace.statements, timeout_ms=timeout_ms) as session:
            yield session


@dataclass(frozen=True)
class Tool(Generic[ArgsT, ResultT]):
    """One tool: name, engine, effect, the types of its arguments and its result, and the work itself.

    `run` returns the result, or raises from common.errors: Refused, NoData, TimedOut, … become the evidence's status.
    `timeout_s` is the time limit for the whole call.
    """

    name: str
    engine: str
    effect: Effect
    args: type[ArgsT]
    run: Callable[[ArgsT, Bench], Awaitable[ResultT]]
    timeout_s: float = 60.0

    @property
    def purpose(self) -> str:
        """What the tool is for, in one sentence: the first line of the work's docstring."""
        return (self.run.__doc__ or "").strip().splitlines()[0]


AnyTool = Tool[Any, Any]
