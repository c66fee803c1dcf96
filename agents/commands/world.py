"""`world load`: the sample world, in the demo's live database or one of your own."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from agents import console

if TYPE_CHECKING:
    from tools.worlds import Loaded

app = typer.Typer(help="The sample world: a wallet platform with planted faults.", no_args_is_help=True)


@app.command("load")
def load(
    scope: Annotated[str, typer.Argument(help="f2, m7, n100 or v3k: how many companies.")],
    dsn: Annotated[str | None, typer.Option(help="A database you may create in; else the embedded live one.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="A fault to leave out; may be given again.")] = None,
    healthy: Annotated[bool, typer.Option("--healthy", help="Plant no fault at all.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Load the wallet platform at a size, in place of one loaded before."""
    done = console.run(_load(scope, dsn, frozenset(without or ()), healthy))
    found = {"rows": done.rows, "faults": done.faults, "elapsed_s": done.elapsed_s}
    console.emit(found, as_json, lambda: _text(done))
    for note in done.notes:
        console.progress(f"note: {note}")


async def _load(scope: str, dsn: str | None, without: frozenset[str], healthy: bool) -> "Loaded":
    from common.engines.named import engine
    from tools.worlds import ALL_FAULTS, load
    from tools.worlds.faults import chosen
    from tools.worlds.scopes import scope_named

    scope_named(scope)
    chosen(without)
    async with AsyncExitStack() as stack:
        if dsn is None:
            dsn = await stack.enter_async_context(engine("live"))
        with _shown() as progress:
            return await load(dsn, scope, faults=frozenset() if healthy else ALL_FAULTS - without, progress=progress)


@contextmanager
def _shown() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal; elsewhere a line for every tenth of the way and every stage after the rows."""
    if not sys.stderr.isatty():
        said: set[tuple[str, int]] = set()

        def line(what: str, done: int, total: int) -> None:
            step = ("", done * 10 // total) if done < total else (what, 10)
            if step not in said:
                said.add(step)
                console.progress(f"{done:>12,} rows  {what}")

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<32}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


def _text(done: "Loaded") -> str:
    lines = [f"{table:<20}{count:>12,}" for table, count in done.rows.items()]
    lines.append(f"{sum(done.rows.values()):,} rows in {done.elapsed_s:.1f} s")
    lines.append(f"faults planted: {', '.join(done.faults) or 'none'}")
    return "\n".join(lines)
