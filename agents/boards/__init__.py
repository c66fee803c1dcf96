"""Where issues live: one interface, and the boards that keep it."""

from typing import Protocol

from pydantic import BaseModel, ConfigDict


class Issue(BaseModel):
    """An issue as a board shows it."""

    model_config = ConfigDict(frozen=True)

    number: int
    title: str
    body: str
    author: str
    labels: tuple[str, ...] = ()
    parent: int | None = None
    open: bool = True


class Comment(BaseModel):
    """A comment as a board shows it; `marker` is what is hidden in it to find it again."""

    model_config = ConfigDict(frozen=True)

    id: int
    author: str
    marker: str
    body: str


class Board(Protocol):
    """What the team does on a board. Every write is safe to repeat: it is found again by its marker."""

    name: str

    async def issue(self, number: int) -> Issue:
        """The issue. Raises UnknownObject."""

    async def open_issue(
        self, title: str, body: str, author: str, labels: tuple[str, ...], marker: str, parent: int | None = None
    ) -> int:
        """The number of the open issue with that marker, or of a closed one of that parent; made when there is none."""

    async def comment(self, number: int, marker: str, body: str) -> int:
        """Write the team's comment with that marker, or bring it up to date. Gives its id."""

    async def comments(self, number: int) -> list[Comment]:
        """The comments of an issue, oldest first."""

    async def label(self, number: int, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> None:
        """Put labels on an issue and take others off."""

    async def close(self, number: int) -> None:
        """Close an issue; closing a closed one changes nothing."""

    async def may_ask(self, actor: str) -> bool:
        """Whether the actor may set the team to work here (write permission), as the board itself says."""
