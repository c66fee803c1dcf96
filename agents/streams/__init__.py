"""The four workstreams that look at the same tables in parallel before any role concludes. One file a stream.

Each only gathers evidence: what it finds wrong with the tables the case is about comes back as `seen`, so that a question
about one thing does not end in an answer about everything.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from langgraph.runtime import Runtime

from agents.desk import Desk
from agents.streams.performance import performance
from agents.streams.scalability import scalability
from agents.streams.schema import schema
from agents.streams.security import security

Look = Callable[[Desk, list[str]], Awaitable[list[dict[str, Any]]]]
Node = Callable[[Mapping[str, Any], Runtime[Desk]], Awaitable[dict[str, Any]]]


def _node(name: str, look: Look) -> Node:
    async def stream(state: Mapping[str, Any], runtime: Runtime[Desk]) -> dict[str, Any]:
        if name not in state["streams"]:
            return {}
        runtime.context.progress(f"{name}: looking")
        return {"seen": await look(runtime.context, state["tables"])}

    return stream


STREAMS: dict[str, Node] = {
    look.__name__: _node(look.__name__, look) for look in (schema, performance, security, scalability)
}
