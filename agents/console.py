"""What every command prints: one JSON object, or text for people; errors in one line; progress on stderr."""

import asyncio
import errno
import gc
import json
import os
import re
import sys
import time
import unicodedata
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, NoReturn, TypeVar

import typer

from agents import logbook
from common.errors import DbcrewError, Defect, DiskFull

T = TypeVar("T")

_RARE = re.compile(r"(\x1b\[[\d;]*m|\x1b\]8;[^\x00-\x1f]*\x1b\\)|[^\n\t -~]")
"""Colours and links, which are our own, or a character that is not always visible."""
_JOINERS = "\u200c\u200d"
"""Part of words and of pictures of people."""


def ready() -> None:
    """See that the three standard streams are there and take any character.

    A stream that was closed becomes the null device: its number would go to the next file or socket that is opened.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))
        if number:
            getattr(sys, name).reconfigure(errors="backslashreplace")


def emit(value: object, as_json: bool, text: Callable[[], str], *, coloured: bool = False) -> None:
    """Print `value` as one JSON document, or what `text` returns. Text is only built when it is wanted.

    `coloured`: it may hold colours and links of our own layout, and none that came with a name.
    """
    plain = not (sys.stdout.encoding or "").lower().startswith("utf")
    said = json.dumps(value, ensure_ascii=plain, default=str) if as_json else _seen(text().rstrip(), colours=coloured)
    try:
        sys.stdout.write(said + "\n")
        sys.stdout.flush()
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or the interpreter tries once more when it ends
        stop(DiskFull(where="the file that standard output goes to", doing="writing the answer"))


def progress(line: str) -> None:
    """One line of progress, on stderr so that stdout stays the answer."""
    logbook.note("debug", line.rstrip())
    sys.stderr.write(_seen(line.rstrip()) + "\n")
    sys.stderr.flush()


def stop(error: DbcrewError) -> NoReturn:
    """End the command with the error's one line and its exit code."""
    line = " ".join(str(error).split())
    logbook.note("error", line, kind=type(error).__name__, exit_code=error.exit_code)
    sys.stderr.write(f"error: {_seen(line)}\n")
    raise typer.Exit(error.exit_code)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine; product errors become one line and an exit code, Ctrl-C becomes 130."""
    import uvloop

    logbook.open_log()
    # A command loads thousands of objects that stay and makes few cycles: looking for those less often saves a fifth
    # of the loading.
    gc.set_threshold(200_000, 20, 20)
    started = time.perf_counter()
    # Giving Ctrl-C back, asyncio writes out the task with its result, which may be long, and throws that away.
    result: list[T] = []

    async def worked() -> None:
        result.append(await work)

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(worked())
        return result[0]
    except DbcrewError as error:
        stop(error)
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        raise typer.Exit(130) from None
    finally:
        logbook.note("info", "ended", seconds=round(time.perf_counter() - started, 3))


def _seen(text: str, *, colours: bool = False) -> str:
    """The text with what a terminal would obey or hide, such as an escape sequence in a table's name, made visible.

    `colours` and links stay where asked for; others came with a name or a server's message.
    """
    return _RARE.sub(lambda found: found[0] if colours and found[1] else "".join(map(_shown, found[0])), text)


def _shown(sign: str) -> str:
    hidden = unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") and sign not in _JOINERS
    return f"⟨U+{ord(sign):04X}⟩" if hidden else sign


def defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What nobody expected: one line for the person, the traceback for the log (`sys.excepthook`; exit code 1)."""
    from secrets import token_hex

    named = Defect(detail=f"{kind.__name__}: {error}", id=token_hex(4))
    logbook.open_log()
    logbook.note("critical", str(named), exc_info=(kind, error, trace))
    where = "Its traceback is in build_data/logs."
    sys.stderr.write(f"error: {_seen(' '.join(str(named).split()))} {where}\n")
