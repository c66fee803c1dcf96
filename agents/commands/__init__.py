"""One file a command. This list is the command line: a command not named here does not exist."""

from collections.abc import Callable
from typing import Any

import typer

from agents.commands import engines, env_status, guard, test, world

COMMANDS: dict[str, Callable[..., Any] | typer.Typer] = {
    "engines": engines.app,
    "env-status": env_status.env_status,
    "guard": guard.guard,
    "test": test.run_tests,
    "world": world.app,
}
