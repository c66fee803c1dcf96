"""`./p3 demo`: the main job, from a bare machine to the comment."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from agents.console import emit, progress, run

if TYPE_CHECKING:
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


def demo(
    scope: Annotated[str, typer.Option(help="How many companies: f2, m7, n100 or v3k.")] = "f2",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """The main job: a sample world, a labelled issue, the team at work, the comment."""
    answer, spent = run(_demo(scope))
    emit(answer.json, json, lambda: _text(answer, spent))


async def _demo(scope: str) -> "tuple[Answer, dict[str, float]]":
    import getpass
    import time

    from agents.doors.command import answer, ask
    from agents.office import team
    from common.config.settings import settings
    from common.engines import engine
    from tools.postgres.grant import grant
    from tools.worlds import found, load
    from tools.worlds.workload import play, statements

    started = time.perf_counter()
    async with engine("live") as owner:
        progress("live database: up (a PostgreSQL of its own, which the team may only read)")
        world = await found(owner)
        if world is None or world.scope != scope:
            progress(f"sample world: loading {scope}")
            await load(owner, scope, progress=lambda what, done, total: None)
            await play(owner, rounds=3)
        reader = (await grant(owner, settings(), apply=True)).dsn
        slow = next(one for one in statements(scope) if one.name == "wallet-history")
        async with team(reader, progress) as crew:
            progress(f"issue: opened by {getpass.getuser()}, labelled agent:database")
            case = await ask(_ISSUE.format(sql=_with_values(slow)), "", crew)
            said = await answer(case, crew)
    ours = time.process_time()
    return said, {"elapsed_s": time.perf_counter() - started, "ours_s": ours}


def _with_values(statement: "WorkloadStatement") -> str:
    """The statement as somebody would paste it: its most common values in place of the parameters."""
    from psycopg import sql

    return statement.sql % {name: sql.Literal(value).as_string() for name, value in statement.params[0].items()}


def _text(answer: "Answer", spent: dict[str, Any]) -> str:
    from agents.comment.terminal import readable

    times = f"{spent['elapsed_s']:.1f} s in all, of which {spent['ours_s']:.1f} s ours (CPU time of this process)"
    return f"{readable(answer.markdown)}\n\n{times}"
