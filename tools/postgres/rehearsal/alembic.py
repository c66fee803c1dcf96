"""The SQL that an Alembic folder would run next."""

import asyncio
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from common.errors import InputError, TimedOut, UnknownObject
from tools.postgres.connection import Postgres

_LIMIT_S = 60.0
_MADE = re.compile(r"^CREATE TABLE alembic_version \(.*?^\);\s*", re.MULTILINE | re.DOTALL)
"""How offline mode begins from `base`: it asks nobody whether the table is there, which an upgrade does."""
_FORGET = """
-- Alembic's own list, which its downgrade leaves behind empty.
DROP TABLE alembic_version;
"""


@dataclass(frozen=True)
class Pending:
    """What is pending: the revision the live database is at (`base`: none), the newest, and both ways between them."""

    current: str
    head: str
    up: str
    down: str


async def pending(postgres: Postgres, folder: Path, trace: list[str]) -> Pending:
    """From the revision the live database is at to the newest, and back, as Alembic prints them.

    `folder` holds alembic.ini; its env.py is run in offline mode, which connects to nothing. Raises InputError with
    Alembic's own words when it fails, or when nothing is pending, Refused when alembic_version may not be read.
    """
    if not (folder / "alembic.ini").exists():
        raise InputError(detail=f"{folder} holds no alembic.ini", next="Name the folder that holds it")
    try:
        async with postgres.session(trace) as session:
            current = str(await session.value("SELECT version_num FROM alembic_version") or "base")
            listed = True
    except UnknownObject:
        current, listed = "base", False  # no such table: nothing was ever applied
    up = await _alembic(folder, "upgrade", f"{current}:head")
    if "UPDATE alembic_version" not in up and "INSERT INTO alembic_version" not in up:
        raise InputError(detail=f"No revision in {folder} is newer than {current}", next="Write one, then ask again")
    head = (await _alembic(folder, "heads")).split()
    down = await _alembic(folder, "downgrade", f"{head[0]}:{current}")
    if listed:
        up = _MADE.sub("", up, count=1)
    elif _MADE.search(up):
        down += _FORGET
    return Pending(current, head[0], up, down)


async def _alembic(folder: Path, command: str, *revisions: str) -> str:
    words = [sys.executable, "-m", "alembic", command, *revisions, *(["--sql"] if revisions else [])]
    process = await asyncio.create_subprocess_exec(
        *words, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(_LIMIT_S):
            out, err = await process.communicate()
    except TimeoutError:
        raise TimedOut(
            what=f"alembic {command}", seconds=f"{_LIMIT_S:g}", next="See whether its env.py waits for something."
        ) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        said = err.decode(errors="replace").strip().splitlines() or ["no message"]
        raise InputError(detail=f"alembic {command} fails: {said[-1]}", next="Mend that and ask again")
    return out.decode()
