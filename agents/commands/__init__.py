"""One file a command. This list is the command line: a command not named here does not exist."""

from collections.abc import Callable
from typing import Any

import typer

from agents.commands import guard, world

COMMANDS: dict[str, Callable[..., Any] | typer.Typer] = {
    "guard": guard.guard,
    "world": world.app,
}
