"""`./p3 demo`: the main job, from a bare machine to the comment."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from agents.console import emit, progress, run

if TYPE_CHECKING:
    from agents.boards import Issue
    from agents.doors.command import Answer
    from tools.worlds.workload import WorkloadStatement

_ISSUE = """Wallet history is slow for users with long histories

Support says that the history page takes seconds for our biggest customers, and that it gets worse every week. This is
what the page runs:

```sql
{sql}
```

Why is it slow, and what should we do about it?
"""


@dataclass(frozen=True)
class _Spent:
    """Seconds of the whole run and of our process's CPU; the same of making the sample world, 0 when it was there."""

    elapsed_s: float
    ours_s: float
    world_s: float
    world_ours_s: float


def demo(
    scope: Annotated[str, typer.Option(help="How many companies: f2, m7, n100 or v3k.")] = "f2",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """The main job: a sample world, a labelled issue, the team at work, the comment."""
    import time

    began = time.perf_counter()
    answer, issue, world_s, world_ours_s = run(_demo(scope))
    emit(answer.json if json else None, json, lambda: _text(answer, issue), coloured=True)
    progress(_figures(_Spent(time.perf_counter() - began, time.process_time(), world_s, world_ours_s)))


async def _demo(scope: str) -> "tuple[Answer, Issue, float, float]":
    """The answer, the issue, and the seconds and CPU seconds of making the sample world."""
    import asyncio
    import importlib
    import time

    from common.engines import engine

    started = time.perf_counter()

    def tell(line: str) -> None:
        progress(f"{time.perf_counter() - started:6.1f} s  {line}")

    tell("starting a live database: a PostgreSQL of its own, which the team may only read")
    # While the server starts, this process has nothing else to do than to load what it needs next.
    loading = asyncio.create_task(asyncio.to_thread(importlib.import_module, "agents.office"))
    async with engine("live") as owner:
        await loading
        from agents.doors.command import answer, ask
        from agents.office import team
        from common.config.settings import settings
        from tools.postgres.grant import grant
        from tools.worlds.workload import wallet_history

        world_s, world_ours_s = await _world(owner, scope, tell)
        reader = (await grant(owner, settings(), apply=True)).dsn
        async with team(reader, tell) as crew:
            tell(f"issue: {_ISSUE.partition(chr(10))[0]!r}, labelled agent:database")
            case = await ask(_ISSUE.format(sql=_with_values(wallet_history(scope))), "", crew)
            said = await answer(case, crew)
            issue = await crew.board.issue(case.request.issue)
        tell("stopping the servers")
    return said, issue, world_s, world_ours_s


async def _world(owner: str, scope: str, tell: Callable[[str], None]) -> tuple[float, float]:
    """Have the sample world of that size there; the seconds and CPU seconds that took, 0 when it was there."""
    import time

    from tools.worlds import found, load
    from tools.worlds.workload import play

    world = await found(owner)
    if world is not None and world.ready and world.scope == scope:
        tell(f"sample world {scope}: there from an earlier run")
        return 0.0, 0.0
    began, ours = time.perf_counter(), time.process_time()
    tell(f"sample world {scope}: loading a wallet platform with planted faults")
    loaded = await load(owner, scope)
    tell(f"sample world {scope}: {sum(loaded.rows.values()):,} rows; playing what its application does all day")
    await play(owner, rounds=3)
    return time.perf_counter() - began, time.process_time() - ours


def _with_values(statement: "WorkloadStatement") -> str:
    """The statement as somebody would paste it: its most common values in place of the parameters."""
    from psycopg import sql

    return statement.sql % {name: sql.Literal(value).as_string() for name, value in statement.params[0].items()}


def _text(answer: "Answer", issue: "Issue") -> str:
    """The issue as it was asked, its labels now, and the comment."""
    head = f"Issue #{issue.number} by {issue.author} · labels: {', '.join(sorted(issue.labels))}"
    asked = "\n".join(f"  │ {line}".rstrip() for line in [issue.title, "", *issue.body.strip().splitlines()])
    return f"{head}\n\n{asked}\n\nComment by the team\n\n{answer.text}"


def _figures(spent: _Spent) -> str:
    """Where the time went. What is not CPU time of this process is waiting for database servers."""
    from agents.machine import peak_memory_bytes
    from common.figures import show

    waited = show("s", max(0.0, spent.elapsed_s - spent.ours_s))
    ours = show("s", spent.ours_s - spent.world_ours_s)
    parts = [f"total {show('s', spent.elapsed_s)}", f"databases {waited}", f"ours {ours} (CPU time of this process)"]
    if spent.world_s:
        parts.append(f"making the sample world {show('s', spent.world_s)}, {show('s', spent.world_ours_s)} of it ours")
    return "; ".join([*parts, f"peak memory {show('bytes', peak_memory_bytes())}"])
