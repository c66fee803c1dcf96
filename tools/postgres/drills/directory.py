"""A dump in directory format: whether each table's file is there and whole.

pg_restore (15 and 18) restores an empty file without a word, and a cut one, too, when it is not gzip: it lacks rows then.
"""

import asyncio
import re
import tempfile
from pathlib import Path

from common.engines.installs import Install
from tools.postgres.drills.compressed import opened
from tools.postgres.drills.programs import run

_DATA = re.compile(r"^(?P<number>\d+); \d+ \d+ TABLE DATA (?P<table>.+) \S+$", re.MULTILINE)
_ENDS = (b"\n\\.\n\n", b";\n\n")
"""What the rows of a table end with as COPY and as INSERT; a table without rows has the first line break no more."""
_TAIL = 64


async def damage(install: Install, folder: Path, *, failed: bool) -> str:
    """What is wrong with the first file that is not whole; empty when there is none.

    gzip has a checksum, which pg_restore looks at: only when it `failed` are those read once more. Raises Missing without
    the program that uncompresses the others.
    """
    with tempfile.TemporaryDirectory() as place:
        listed = Path(place, "list")
        ended = await run(install, "pg_restore", "--list", f"--file={listed}", folder)
        if ended.code != 0:
            said = ended.cause.removeprefix("pg_restore: ").removeprefix("error: ")
            return f"its table of contents, toc.dat, is cut off or damaged ({said})"
        return await asyncio.to_thread(_first, folder, listed, failed)


def _first(folder: Path, listed: Path, failed: bool) -> str:
    for number, table in _DATA.findall(listed.read_text(errors="replace")):
        name = table.replace(" ", ".", 1)
        path = next((each for each in sorted(folder.glob(f"{number}.dat*"))), None)
        if path is None:
            return f"the file with the rows of {name}, {number}.dat, is not there"
        if path.stat().st_size == 0:
            return f"{path.name}, the file with the rows of {name}, is empty: it was cut off"
        if (failed or path.suffix != ".gz") and not _whole(path):
            return f"{path.name}, the file with the rows of {name}, is cut off: its end is not there"
    return ""


def _whole(path: Path) -> bool:
    try:
        with opened(path) as file:
            if file.seekable() and path.suffix == ".dat":
                file.seek(max(0, path.stat().st_size - _TAIL))
            tail = b""
            while block := file.read(1 << 20):
                tail = (tail + block)[-_TAIL:]
    except (EOFError, OSError):
        return False
    return any(end in b"\n" + tail for end in _ENDS)
