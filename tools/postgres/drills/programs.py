"""Programs of a PostgreSQL install, run for a drill."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from common.engines.account import account
from common.engines.installs import Install

_DROP = (
    "import os, sys; os.umask(0o022); os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[1]));"
    " os.execv(sys.argv[3], sys.argv[3:])"
)
"""Becomes the account, then the program: not every event loop starts programs as somebody else."""


@dataclass(frozen=True)
class Ended:
    """How a program ended, and the lines it wrote to standard error."""

    code: int
    said: tuple[str, ...]

    @property
    def errors(self) -> tuple[str, ...]:
        """The lines that say what went wrong, without what else surrounds them."""
        marks = ("error:", "ERROR:", "FATAL:", "PANIC:", "fatal:", "commands are restricted")
        return tuple(line.strip() for line in self.said if any(mark in line for mark in marks))

    @property
    def cause(self) -> str:
        """The first of them, else the last line it wrote."""
        return next(iter(self.errors), self.said[-1].strip() if self.said else "no message")


async def run(
    install: Install,
    program: str,
    *arguments: str | Path,
    environment: Mapping[str, str] | None = None,
    text: AsyncIterator[bytes] | None = None,
    as_account: bool = False,
) -> Ended:
    """Run one program to its end, killed when the call is cancelled; `text` is what it gets on standard input.

    `as_account`: as the account that the servers run as, for what reads a text that others wrote. Raises Missing when
    the install lacks the program.
    """
    dropped: list[str] = []
    if as_account and os.geteuid() == 0:
        owner = account()
        dropped = [sys.executable, "-ISc", _DROP, str(owner.uid), str(owner.gid)]
    process = await asyncio.create_subprocess_exec(
        *dropped,
        install.program(program),
        *map(str, arguments),
        stdin=asyncio.subprocess.PIPE if text else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        cwd="/",
        env={**install.environment, **(environment or {})},
    )
    assert process.stderr is not None
    try:
        reading = asyncio.create_task(process.stderr.read())
        if text is not None:
            await _feed(process, text)
        said = (await reading).decode(errors="replace")
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Ended(code, tuple(line for line in said.splitlines() if line.strip()))


async def _feed(process: asyncio.subprocess.Process, text: AsyncIterator[bytes]) -> None:
    assert process.stdin is not None
    try:
        async for chunk in text:
            process.stdin.write(chunk)
            await process.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):  # it ended early; its exit code and words say why
        pass
    finally:
        process.stdin.close()
