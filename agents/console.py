"""What every command prints: one JSON object, or text for people; errors in one line; progress on stderr."""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, NoReturn, TypeVar

import typer

from agents import logbook
from common.errors import DbcrewError, Defect

T = TypeVar("T")


def emit(value: object, as_json: bool, text: Callable[[], str]) -> None:
    """Print `value` as one JSON document, or what `text` returns. Text is only built when it is wanted."""
    sys.stdout.write((json.dumps(value, ensure_ascii=False, default=str) if as_json else text().rstrip()) + "\n")
    sys.stdout.flush()


def progress(line: str) -> None:
    """One line of progress, on stderr so that stdout stays the answer."""
    logbook.note("debug", line.rstrip())
    sys.stderr.write(line.rstrip() + "\n")
    sys.stderr.flush()


def stop(error: DbcrewError) -> NoReturn:
    """End the command with the error's one line and its exit code."""
    line = " ".join(str(error).split())
    logbook.note("error", line, kind=type(error).__name__, exit_code=error.exit_code)
    sys.stderr.write(f"error: {line}\n")
    raise typer.Exit(error.exit_code)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine; product errors become one line and an exit code, Ctrl-C becomes 130."""
    logbook.open_log()
    # A command loads thousands of objects that stay and makes few cycles: looking for those less often saves a fifth
    # of the loading.
    gc.set_threshold(50_000, 20, 20)
    started = time.perf_counter()
    try:
        return asyncio.run(work)
    except DbcrewError as error:
        stop(error)
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        raise typer.Exit(130) from None
    finally:
        logbook.note("info", "ended", seconds=round(time.perf_counter() - started, 3))


def defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What nobody expected: one line for the person, the traceback for the log (`sys.excepthook`; exit code 1)."""
    from secrets import token_hex

    named = Defect(detail=f"{kind.__name__}: {error}", id=token_hex(4))
    logbook.open_log()
    logbook.note("critical", str(named), exc_info=(kind, error, trace))
    where = "Its traceback is in build_data/logs."
    sys.stderr.write(f"error: {' '.join(str(named).split())} {where}\n")
