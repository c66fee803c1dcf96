"""What the graph's nodes work with in one case. It is not checkpointed: a process that takes over brings its own."""

from collections.abc import Callable
from dataclasses import dataclass

from agents.asked import Question
from agents.boards import Board, Issue
from agents.minds import Mind
from agents.roles import Role
from common.config.settings import Settings
from common.evidence import Evidence
from common.state.cases import Case, Cases
from tools.runner import Runner


@dataclass(frozen=True)
class Desk:
    """One case, its issue, the board it came from, and the ways to look and to think.

    `started` and `cpu_started` are the monotonic clock and this process's CPU time, in seconds, when it took the case up.
    """

    case: Case
    cases: Cases
    issue: Issue
    board: Board
    runner: Runner
    mind: Mind
    settings: Settings
    progress: Callable[[str], None]
    started: float
    cpu_started: float


@dataclass(frozen=True)
class Brief:
    """What a role gets to answer one question: the question, the tables it is about, and its tools.

    `tables` are `schema.table` names the server knows, `schema` is the id of the evidence that describes them, or empty;
    `playbook` names the situation triage saw. `at_hand`: whoever asked sits at this machine (the local board), so that
    files the question names may be read; a text that came from elsewhere decides over no file.
    """

    role: Role
    question: Question
    playbook: str
    tables: tuple[str, ...]
    schema: str
    hops_left: int
    runner: Runner
    progress: Callable[[str], None]
    at_hand: bool = False

    async def call(self, tool: str, **args: object) -> Evidence:
        """Call a tool with the role's rights."""
        self.progress(f"{self.role.name}: {tool}")
        return await self.runner.call(tool, self.role.tools, **args)
