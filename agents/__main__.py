"""The command line. One line a command; what a command needs is imported when it runs."""

import functools
import gc
import inspect
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from agents import console, logbook
from agents.commands import COMMANDS

Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Show on stderr what is written to the log.")]

app = typer.Typer(
    name="p3",
    help="dbcrew: a database team for PostgreSQL: it looks, measures on a copy, and answers with evidence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    # Panels drawn by rich take longer to load than everything else that --help needs.
    rich_markup_mode=None,
)


def _logged(command: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The command with `-v`, which it may have itself when it has more to say, and with a log called `name`."""
    signature = inspect.signature(command)
    own = "verbose" in signature.parameters

    @functools.wraps(command)
    def logged(**arguments: Any) -> Any:
        logbook.begin(name, show=arguments["verbose"] if own else arguments.pop("verbose"))
        return command(**arguments)

    if not own:
        verbose = inspect.Parameter("verbose", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Verbose)
        logged.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[*signature.parameters.values(), verbose]
        )
        logged.__annotations__ = {**command.__annotations__, "verbose": Verbose}
    return logged


_verbose: dict[str, Any] = {}
for name, command in COMMANDS.items():
    _verbose[name] = {"verbose": True}
    if isinstance(command, typer.Typer):
        for each in command.registered_commands:
            if each.callback is not None:
                each.name = each.name or each.callback.__name__
                each.callback = _logged(each.callback, f"{name}-{each.name}")
                _verbose[name][each.name] = {"verbose": True}
        app.add_typer(command, name=name)
    else:
        app.command(name)(_logged(command, name))


@app.callback()
def _root(context: typer.Context, verbose: Verbose = False) -> None:
    """dbcrew: a database team for PostgreSQL: it looks, measures on a copy, and answers with evidence."""
    if verbose:  # as if it stood after the command
        context.default_map = _verbose


if __name__ == "__main__":
    # Imports and parse trees make a great many objects that live on; looking through them all for cycles, again and again,
    # was a third of the time of an import and never found anything worth having.
    gc.set_threshold(200_000, 20, 100)
    console.ready()
    sys.excepthook = console.defect
    typer.main.get_command(app)(prog_name="./p3")
