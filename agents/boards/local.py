"""The local board: issues in the state store, for the command line, the demo and the tests."""

import getpass
from typing import Any

from agents.boards import Comment, Issue
from common.errors import UnknownObject
from common.queries import query
from common.state.store import Store

TEAM = "dbcrew"
"""Who writes the team's comments here."""


class LocalBoard:
    """Issues, labels and comments in the state store. Whoever can reach the store may ask."""

    name = "local"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def issue(self, number: int) -> Issue:
        """The issue. Raises UnknownObject."""
        rows = await self._rows("issue", number=number)
        if not rows:
            raise UnknownObject(kind="issue", name=f"local#{number}", next="See ./p3 cases for those there are.")
        return Issue.model_validate(rows[0])

    async def open_issue(
        self, title: str, body: str, author: str, labels: tuple[str, ...], marker: str, parent: int | None = None
    ) -> int:
        """The number of the open issue with that marker, or of a closed one of that parent; made when there is none."""
        facts = {"title": title, "body": body, "author": author, "labels": list(labels), "marker": marker}
        await self._rows("issue_open", **facts, parent=parent)
        rows = await self._rows("issue_find", marker=marker, parent=parent)
        return int(rows[0]["number"])

    async def comment(self, number: int, marker: str, body: str) -> int:
        """Write the team's comment with that marker, or bring it up to date. Gives its id."""
        rows = await self._rows("comment_write", issue=number, author=TEAM, marker=marker, body=body)
        return int(rows[0]["id"])

    async def comments(self, number: int) -> list[Comment]:
        """The comments of an issue, oldest first."""
        return [Comment.model_validate(row) for row in await self._rows("comment_list", issue=number)]

    async def label(self, number: int, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> None:
        """Put labels on an issue and take others off."""
        await self._rows("issue_label", number=number, add=list(add), remove=list(remove))

    async def close(self, number: int) -> None:
        """Close an issue; closing a closed one changes nothing."""
        await self._rows("issue_close", number=number)

    async def may_ask(self, actor: str) -> bool:
        """Only the account this process runs as: the store is its own."""
        return actor in (getpass.getuser(), TEAM)

    async def _rows(self, name: str, **params: object) -> list[dict[str, Any]]:
        async with self._store.connection() as connection:
            cursor = await connection.execute(query("agents.boards", name), params)
            return await cursor.fetchall() if cursor.description else []
