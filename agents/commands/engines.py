"""`engines up|down|status`: the embedded engines."""

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agents import console

if TYPE_CHECKING:
    from common.engines import State

app = typer.Typer(help="The embedded engines: start them to stay, stop them, see them.", no_args_is_help=True)

Name = Annotated[str | None, typer.Argument(help="state or live; both when left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="A list of objects: name, version, dsn, state.")]


@app.command("up")
def up(name: Name = None, as_json: AsJson = False) -> None:
    """Start engines and let them stay; commands start and stop what they need by themselves."""
    from common import engines

    _show(console.run(_each(engines.up, name)), as_json)


@app.command("down")
def down(name: Name = None, as_json: AsJson = False) -> None:
    """Stop engines; one that another command is using stops when that command ends."""
    from common import engines

    states = console.run(_each(engines.down, name))
    _show(states, as_json)
    for state in states:
        if state.state == "in use":
            console.progress(f"note: {state.name} is in use by another command and stops when that ends")


@app.command("status")
def status(name: Name = None, as_json: AsJson = False) -> None:
    """Show engines; starts nothing."""
    from common import engines

    _show(console.run(_each(engines.status, name)), as_json)


async def _each(act: "Callable[[str], Coroutine[Any, Any, State]]", name: str | None) -> "list[State]":
    from common.engines import ENGINES

    return [await act(each) for each in ([name] if name else ENGINES)]


def _show(states: "Sequence[State]", as_json: bool) -> None:
    from dataclasses import asdict

    console.emit([asdict(state) for state in states], as_json, lambda: _text(states))


def _text(states: "Sequence[State]") -> str:
    from common.engines import ENGINES

    lines = []
    for state in states:
        lines.append(f"{state.name:<8}{state.state:<8}{state.version:<8}{ENGINES[state.name].purpose}")
        if state.dsn:
            lines.append(f"{'':<8}{state.dsn}")
    return "\n".join(lines)
