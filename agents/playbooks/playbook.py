"""What a playbook is: a situation, when it fits, who answers, and what to look at and conclude."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agents.asked import Question
from agents.desk import Brief
from agents.reply import Reply


@dataclass(frozen=True)
class Playbook:
    """One situation.

    `fits` gives 0 (not this) to 1 (surely this) for a question; the highest wins. `role` answers unless another was
    asked for. `streams` are the workstreams that have something to say in this situation.
    """

    name: str
    role: str
    streams: tuple[str, ...]
    fits: Callable[[Question], float]
    work: Callable[[Brief], Awaitable[Reply]]
