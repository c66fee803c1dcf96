"""./p3 guard: may these statements run on a live engine? No engine is touched."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, Any

import typer

LINE = 4_000_000
"""Longest line read, in bytes; the rest of a longer one is passed over."""


def guard(
    file: Annotated[str, typer.Argument(metavar="[FILE|-]", show_default=False, help="JSON lines; - is stdin.")] = "-",
    as_json: Annotated[bool, typer.Option("--json", help="As always here: one JSON object a line.")] = True,
) -> None:
    """May these statements run? {"id", "sql"} a line in, {"id", "allowed", "effect", "code", "reason"} a line out.

    Exit code 0 when all are allowed, 1 when any is refused, 2 when FILE cannot be read.
    """
    from agents import console
    from common.errors import InputError

    if file == "-" and sys.stdin.isatty():
        raise typer.BadParameter("Name a file of JSON lines, or pipe them in: ./p3 guard statements.jsonl")
    try:
        lines = sys.stdin.buffer if file == "-" else Path(file).open("rb")  # noqa: SIM115
    except OSError as error:
        console.stop(InputError(detail=f"Cannot read {file}: {error.strerror}", next="Name a file of JSON lines"))
    with lines:
        refused = _judge_all(lines)
    if refused:
        raise typer.Exit(1)


def _judge_all(lines: IO[bytes]) -> int:
    """Answer every line; how many were refused."""
    import orjson

    refused = 0
    out = sys.stdout.buffer
    for line in _lines(lines):
        answer = _answer(line)
        refused += not answer["allowed"]
        out.write(orjson.dumps(answer) + b"\n")
        out.flush()
    return refused


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Lines that hold something, cut at LINE."""
    while line := stream.readline(LINE):
        if not line.endswith(b"\n"):
            while (rest := stream.readline(LINE)) and not rest.endswith(b"\n"):
                pass
        if line.strip():
            yield line


def _answer(line: bytes) -> dict[str, Any]:
    import orjson

    from tools.postgres.guard import judge

    try:
        asked = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        long = len(line) >= LINE
        return _bad(None, f"longer than {LINE:,} bytes" if long else f"not a JSON object: {error}")
    if not isinstance(asked, dict) or not isinstance(asked.get("sql"), str):
        identity = asked.get("id") if isinstance(asked, dict) else None
        return _bad(identity, 'not an object with "id" and "sql", a string')
    verdict = judge(asked["sql"])
    return {
        "id": asked.get("id"),
        "allowed": verdict.allowed,
        "effect": verdict.effect,
        "code": verdict.code,
        "reason": verdict.reason,
    }


def _bad(identity: object, reason: str) -> dict[str, Any]:
    return {"id": identity, "allowed": False, "effect": "unknown", "code": "bad-line", "reason": reason}
