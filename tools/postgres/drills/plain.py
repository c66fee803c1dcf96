"""A dump in plain SQL, fed to psql so that nothing in it can make psql run a program."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from common.engines.installs import Install, embedded
from tools.postgres.drills.compressed import opened
from tools.postgres.drills.programs import Ended, run

COPY = re.compile(rb"COPY .* FROM stdin;\s*\Z")
"""The line after which rows follow, up to one that begins with `\\\\.`."""
_CONNECT = re.compile(rb"""\\connect (-reuse-previous=on )?[\w="' -]+\s*\Z""")
_OWN = re.compile(rb"\\(un)?restrict \w+\s*\Z")
_COMPLETE = b"dump complete"
_RESTRICTS = {16: 10, 17: 6}
"""Since which minor version psql knows \\restrict; major versions after these always do.

Those before read rows of a table that could not be made, and that end in a statement of their own, as part of the next.
"""
_LINES = 1_000


@dataclass
class PlainDump:
    """What was seen of a plain dump while it was fed: its last line says whether it is whole.

    `backslashes`: there are some outside of rows, as commands of psql have. Rows of a table that could not be made look
    like commands to psql too.
    """

    complete: bool = False
    whole_cluster: bool = False
    backslashes: bool = False
    damage: str = ""


async def restore_plain(
    install: Install, path: Path, database: str, environment: dict[str, str]
) -> tuple[Ended, PlainDump]:
    """Run the dump with psql in `database`, as the servers' account. An error in it does not end it, as with psql -f.

    The psql is that of `install` when it can be kept from running the dump's own commands, else the embedded one.
    """
    seen = PlainDump()
    program = install if _restricts(install) else await asyncio.to_thread(embedded)
    ended = await run(
        program,
        "psql",
        "-X",
        "-q",
        "-d",
        database,
        environment=environment,
        text=_text(path, seen),
        as_account=True,
    )
    return ended, seen


def _restricts(install: Install) -> bool:
    minor = re.match(r"\d+\.(\d+)", install.version)
    return install.major > 15 and int(minor[1] if minor else 0) >= _RESTRICTS.get(install.major, 0)


async def _text(path: Path, seen: PlainDump) -> AsyncIterator[bytes]:
    """The dump's lines; outside rows, psql's own commands are refused by psql itself, but for \\connect.

    `\\restrict KEY` makes psql refuse every backslash command until `\\unrestrict KEY` (CVE-2025-8714): our key takes
    the place of the dump's own, which whoever wrote the dump knows.
    """
    key = secrets.token_hex(16).encode()
    begin, end = b"\\restrict " + key + b"\n", b"\\unrestrict " + key + b"\n"
    yield begin
    try:
        with opened(path) as file:
            rows = False
            chunk: list[bytes] = []
            for line in file:
                if rows:
                    rows = not line.startswith(b"\\.")
                    # Rows of a table that is not there were a statement to psql: it must not go on.
                    if not rows:
                        line += b";\n"
                elif line[:1] == b"\\" and _OWN.match(line):
                    continue
                elif line[:1] == b"\\" and _CONNECT.match(line):
                    line = end + line + begin
                elif line[:2] == b"--" and b"\\" not in line:
                    seen.complete = seen.complete or line.rstrip().endswith(_COMPLETE)
                    seen.whole_cluster = seen.whole_cluster or b"database cluster dump" in line
                else:
                    rows = bool(COPY.match(line))
                    seen.backslashes = seen.backslashes or b"\\" in line
                chunk.append(line)
                if len(chunk) == _LINES:
                    yield b"".join(chunk)
                    chunk.clear()
            yield b"".join(chunk)
    except (EOFError, OSError) as error:
        seen.damage = str(error)
