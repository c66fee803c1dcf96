"""One file a command. This list is the command line: a command not named here does not exist."""

from collections.abc import Callable
from typing import Any

import typer

from agents.commands import (
    advise,
    audit,
    cases,
    consult,
    demo,
    drill,
    engines,
    env_status,
    grant,
    guard,
    health,
    rehearse,
    test,
    world,
)

COMMANDS: dict[str, Callable[..., Any] | typer.Typer] = {
    "advise": advise.advise,
    "demo": demo.demo,
    "consult": consult.consult,
    "cases": cases.cases,
    "audit": audit.audit,
    "drill": drill.app,
    "engines": engines.app,
    "env-status": env_status.env_status,
    "grant": grant.grant,
    "guard": guard.guard,
    "health": health.health,
    "rehearse": rehearse.rehearse,
    "test": test.run_tests,
    "world": world.app,
}
