"""Work on a case until it is answered: one process at a time, from where the last one stopped."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.types import Command
from psycopg_pool import PoolTimeout

from agents.boards import Board
from agents.checkpoint import Work
from agents.desk import Desk
from agents.graph import graph
from agents.minds.playbook import PlaybookMind
from agents.publish import WORKING
from agents.reply import Report, resolve
from common.config.settings import Settings
from common.errors import CaseFailed, DbcrewError, InputError
from common.evidence import lost
from common.state.cases import Case, Cases, Request, Stage
from common.state.ledger import StateLedger
from common.state.store import Store, unreachable
from tools.inventory import TOOLS
from tools.postgres.connection import Postgres
from tools.runner import Runner


@dataclass(frozen=True)
class Team:
    """The team at one state store and one board, looking at one live server."""

    store: Store
    board: Board
    live: Postgres
    settings: Settings
    progress: Callable[[str], None]

    async def work(self, case_id: str, *, retry: bool = False) -> Case:
        """Answer the case, and those it hands on. Gives it finished.

        `retry`: an answered case whose engine went away while it was looked at is worked on once more; what was found
        is kept, what the engine did not answer is asked again. So it is in a case that stopped on the way.

        Raises CaseBusy when another process has it, CaseFailed when it stopped on the way (it can be gone on with),
        InputError when it is about another live server.
        """
        cases = Cases(self.store)
        async with self.store.only_one(case_id):
            case = await cases.get(case_id)
            unanswered = lost(await StateLedger(self.store).records(case_id)) is not None
            if case.finished and not (retry and unanswered):
                return case
            if case.request.live != self.live.where:
                detail = f"Case {case_id} is about {case.request.live}, not about {self.live.where}"
                raise InputError(detail=detail, next="Give the DSN of the server it is about")
            await cases.mark(case_id, Stage.RUNNING)
            try:
                await self._run(case, cases, anew=unanswered)
            except asyncio.CancelledError:  # Ctrl-C
                self.progress(f"what was found is kept; go on with ./p3 cases {case_id} --retry")
                raise
            except (psycopg.OperationalError, PoolTimeout) as error:  # of the checkpoints, which LangGraph writes
                raise CaseFailed.by(unreachable(error), case_id) from error
            except DbcrewError as error:
                await cases.mark(case_id, "failed", detail=str(error))
                raise CaseFailed.by(error, case_id) from error
            return await cases.get(case_id)

    async def _run(self, case: Case, cases: Cases, anew: bool) -> None:
        saver = AsyncPostgresSaver(self.store.pool)
        async with self.store.alone():
            await saver.setup()
        flow = graph(saver)
        desk = await self._desk(case, cases)
        await self.board.label(desk.issue.number, add=(WORKING,))
        config: RunnableConfig = {"configurable": {"thread_id": case.id}, "recursion_limit": 50}
        state = await flow.aget_state(config)
        # A flow that has ended, of a case that is still to be answered, has nothing more to run.
        if anew or (state.values and not state.next):
            await saver.adelete_thread(case.id)
            state = await flow.aget_state(config)
        turn: Work | Command[Any] | None = None if state.values else {}
        while True:
            if state.interrupts:
                turn = Command(resume=await self._children(state.interrupts[0].value["issues"], case, cases))
            if state.values and not state.next:
                return
            await flow.ainvoke(turn, config, context=desk, durability="sync")
            state, turn = await flow.aget_state(config), None

    async def _desk(self, case: Case, cases: Cases) -> Desk:
        return Desk(
            case=case,
            cases=cases,
            issue=await self.board.issue(case.request.issue),
            board=self.board,
            runner=Runner(
                case=case.id,
                tools=TOOLS,
                ledger=StateLedger(self.store),
                settings=self.settings,
                postgres=self.live,
                progress=self.progress,
            ),
            mind=PlaybookMind(),
            settings=self.settings,
            progress=self.progress,
            started=time.monotonic(),
            cpu_started=time.process_time(),
        )

    async def _children(self, issues: list[int], parent: Case, cases: Cases) -> list[dict[str, object]]:
        """Work on the handoffs of a case; what each came to."""
        answers = []
        for number in issues:
            issue = await self.board.issue(number)
            request = Request(
                board=self.board.name,
                issue=number,
                actor=parent.request.actor,
                live=parent.request.live,
                hops=parent.request.hops + 1,
                parent=parent.id,
            )
            child = await cases.open(f"{self.board.name}#{number}", parent.origin, request)
            child = await self.work(child.id, retry=True)
            report = Report.model_validate(child.report)
            answers.append(
                {
                    "role": report.replies[0].role,
                    "issue": number,
                    "title": issue.title,
                    "verdict": resolve(report.replies[0].verdict, {one.id: one for one in report.evidence}),
                    "status": child.status,
                }
            )
            await self.board.close(number)
        return answers
