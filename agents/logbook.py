"""What happened, for whoever has to find out why: JSON lines in build_data/logs, one file per command and day.

Nothing of it goes to stdout; with `-v` what is above debug is shown on stderr, too.
"""

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from common import directories
from common.errors import DbcrewError

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger


@dataclass
class _Book:
    command: str = "p3"
    show: bool = False
    open: bool = False
    failed: bool = False


_book = _Book()


def begin(command: str, show: bool) -> None:
    """This process is `command`, such as `audit-verify`; `show` its log on stderr. Opens nothing yet."""
    _book.command, _book.show = command, show


def open_log() -> None:
    """From here on what this process logs goes to its file."""
    import structlog

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _onto_stderr,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
        logger_factory=lambda *_: _File(),
        cache_logger_on_first_use=False,
    )
    _book.open = True


def note(level: str, event: str, **facts: Any) -> None:
    """Log one event, if the log was opened."""
    if _book.open:
        import structlog

        getattr(structlog.get_logger(), level)(event, **facts)


def _onto_stderr(logger: "WrappedLogger", method: str, event: "EventDict") -> "EventDict":
    if _book.show and event["level"] != "debug":
        rest = " ".join(f"{key}={event[key]}" for key in event if key not in ("event", "timestamp", "level"))
        sys.stderr.write(f"{event['timestamp'][11:23]} {event['level']:<7} {event['event']} {rest}".rstrip() + "\n")
    return {**event, "pid": os.getpid()}


class _File:
    """Appends each line in one write, so that several processes may share a file."""

    def msg(self, line: str) -> None:
        try:
            path = directories.logs() / f"{_book.command}-{datetime.now(UTC):%Y-%m-%d}.jsonl"
            file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, line.encode("utf-8", "replace") + b"\n")
            finally:
                os.close(file)
        except (OSError, DbcrewError) as error:  # a full disk must not stop the work that is being logged
            if not _book.failed:
                sys.stderr.write(f"from here on nothing is logged ({error})\n")
            _book.failed = True

    debug = info = warning = error = critical = exception = msg
