"""The four workstreams that look at the same tables in parallel before any role concludes. One file a stream.

Each only gathers evidence: what it finds wrong with the tables the case is about comes back as `seen`, so that a question
about one thing does not end in an answer about everything.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from langgraph.runtime import Runtime

from agents.checkpoint import Work
from agents.desk import Desk
from agents.streams.performance import performance
from agents.streams.scalability import scalability
from agents.streams.schema import schema
from agents.streams.security import security

Look = Callable[[Desk, list[str]], Awaitable[list[dict[str, Any]]]]


class Node(Protocol):
    """A node of the graph, as LangGraph calls it."""

    async def __call__(self, state: Work, *, runtime: Runtime[Desk]) -> Work:
        """Look, and give what was seen."""


def _node(name: str, look: Look) -> Node:
    async def stream(state: Work, *, runtime: Runtime[Desk]) -> Work:
        if name not in state["streams"]:
            return {}
        runtime.context.progress(f"{name}: looking")
        return {"seen": await look(runtime.context, state["tables"])}

    return stream


STREAMS: dict[str, Node] = {
    look.__name__: _node(look.__name__, look) for look in (schema, performance, security, scalability)
}
