"""Looks at a live server, one after the other: what is new, gone, worse or better since the one before."""

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from common.errors import DbcrewError, TimedOut, Unreachable
from common.findings import Finding

Report = dict[str, Any]
Place = tuple[str, str]


async def rounds(
    look: Callable[[], Awaitable[Report]], pause_s: float, as_json: bool, shown: Callable[[Report], Any]
) -> int:
    """Look every `pause_s` seconds until Ctrl-C or SIGTERM; the exit code of the last look.

    `shown` gives a report as an object (`as_json`: one line a look) or as text (whole at first, then what changed). A server
    that cannot be reached is said once a look, and looked at again; it may be restarting. The first look raises what it
    raises: a wrong DSN does not get right by waiting.
    """
    task = asyncio.current_task()
    assert task is not None
    for kind in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(kind, task.cancel)
    # Ctrl-C in the middle of a statement is no news, and psycopg tells it on stderr.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    before: list[Finding] | None = None
    code, number = 0, 0
    try:
        while True:
            number += 1
            at = datetime.now(UTC).isoformat(timespec="seconds")
            try:
                report = await look()
            except (Unreachable, TimedOut) as error:
                if before is None:
                    raise
                code = error.exit_code
                _say(_lost(error, at, number, as_json))
            else:
                code = int(any(one.severity.rank < 4 for one in report["found"]))
                _say(_told(report, before, at, number, shown(report)))
                before = report["found"]
            await asyncio.sleep(pause_s)
    except asyncio.CancelledError:
        return code


def changes(before: Sequence[Finding], now: Sequence[Finding]) -> dict[str, list[Finding]]:
    """`new`, `gone`, `worse` and `better`: by code and object; worse and better are by severity."""
    old, new = {_place(one): one for one in before}, {_place(one): one for one in now}
    both = [(old[key], new[key]) for key in new if key in old]
    return {
        "new": [new[key] for key in new if key not in old],
        "gone": [old[key] for key in old if key not in new],
        "worse": [late for early, late in both if late.severity.rank < early.severity.rank],
        "better": [late for early, late in both if late.severity.rank > early.severity.rank],
    }


def _place(finding: Finding) -> Place:
    return finding.code, finding.object


def _told(report: Report, before: list[Finding] | None, at: str, number: int, answer: Any) -> str:
    changed = changes(report["found"] if before is None else before, report["found"])
    if not isinstance(answer, str):
        lists = {kind: [{"code": one.code, "object": one.object} for one in changed[kind]] for kind in _KINDS}
        return json.dumps({"at": at, "look": number, **answer, **lists}, ensure_ascii=False, default=str)
    if before is None:
        return answer + "\n"
    lines = [
        f"  {kind:<6}  {one.severity.value:<8}  {one.code}  {one.text if kind != 'gone' else one.object}"
        for kind in _KINDS
        for one in changed[kind]
    ]
    worse = sum(one.severity.rank < 4 for one in report["found"])
    return "\n".join(
        [f"{at}  {f'{worse} to act on' if worse else 'nothing to act on'}{'' if lines else ', no change'}", *lines]
    )


def _lost(error: DbcrewError, at: str, number: int, as_json: bool) -> str:
    line = " ".join(str(error).split())
    said = {"at": at, "look": number, "unreachable": line}
    return json.dumps(said, ensure_ascii=False) if as_json else f"{at}  not reached: {line}"


_KINDS = ("new", "gone", "worse", "better")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
