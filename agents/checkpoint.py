"""What a case has come to, as LangGraph keeps it between nodes."""

import operator
from typing import Annotated, Any

from typing_extensions import TypedDict


class Given(TypedDict):
    """What a role's node is sent: one assignment, and the tables the case is about."""

    assignment: dict[str, Any]
    tables: list[str]
    schema: str


class Work(TypedDict, total=False):
    """What is checkpointed: plain JSON, so that any process can take over."""

    assignments: list[dict[str, Any]]
    streams: list[str]
    tables: list[str]
    schema: str
    seen: Annotated[list[dict[str, Any]], operator.add]
    replies: Annotated[list[dict[str, Any]], operator.add]
    checked: list[dict[str, Any]]
    opened: list[dict[str, Any]]
    answered: list[dict[str, Any]]
