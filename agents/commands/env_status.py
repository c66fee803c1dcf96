"""`env-status`: what this machine offers, what is missing, and how to get it. Starts nothing."""

from typing import TYPE_CHECKING, Annotated

import typer

from agents import console

if TYPE_CHECKING:
    from agents.machine import Thing


def env_status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object: engines, tools.")] = False,
) -> None:
    """Say of every engine, extension, tool and right: there or not, which version, what it allows, how to get it."""
    from dataclasses import asdict

    from agents.machine import look

    engines, tools = console.run(look())
    found = {"engines": [asdict(each) for each in engines], "tools": [asdict(each) for each in tools]}
    console.emit(found, as_json, lambda: _text([*engines, *tools]))


def _text(things: "list[Thing]") -> str:
    width = max(len(thing.name) for thing in things) + 2
    lines = []
    for thing in things:
        lines.append(f"{'yes' if thing.there else 'no':<5}{thing.name:<{width}}{thing.version}".rstrip())
        lines.append(f"{'':<5}{'':<{width}}{thing.allows}{f' — get it: {thing.get}' if thing.get else ''}")
    return "\n".join(lines)
