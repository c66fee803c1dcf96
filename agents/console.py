"""What every command prints: one JSON object, or text for people; errors in one line; progress on stderr."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

import typer

from common.errors import DbcrewError

T = TypeVar("T")


def emit(value: object, as_json: bool, text: Callable[[], str]) -> None:
    """Print `value` as one JSON document, or what `text` returns. Text is only built when it is wanted."""
    sys.stdout.write((json.dumps(value, ensure_ascii=False, default=str) if as_json else text().rstrip()) + "\n")
    sys.stdout.flush()


def progress(line: str) -> None:
    """One line of progress, on stderr so that stdout stays the answer."""
    sys.stderr.write(line.rstrip() + "\n")
    sys.stderr.flush()


def stop(error: DbcrewError) -> NoReturn:
    """End the command with the error's one line and its exit code."""
    sys.stderr.write("error: " + " ".join(str(error).split()) + "\n")
    raise typer.Exit(error.exit_code)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine; product errors become one line and an exit code, Ctrl-C becomes 130."""
    try:
        return asyncio.run(work)
    except DbcrewError as error:
        stop(error)
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        raise typer.Exit(130) from None
