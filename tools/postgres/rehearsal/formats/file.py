"""A migration file off the disk, as text."""

import sys
from pathlib import Path

from common.errors import InputError, TooLarge
from tools.postgres.rehearsal.script import LIMIT_BYTES, SPLIT


def load(name: str) -> tuple[str, Path | None]:
    """The text of a file, and its path; `-` is standard input, which has none. A byte order mark is taken off.

    Raises InputError for what is no readable UTF-8 text file, TooLarge above the most that is read.
    """
    if name == "-":
        return _text(sys.stdin.buffer.read(LIMIT_BYTES + 1), "standard input"), None
    path = Path(name)
    try:
        if path.is_dir():
            alembic = (path / "alembic.ini").exists()
            raise InputError(
                detail=f"{name} is a folder",
                next=f"Rehearse it with --alembic {name}" if alembic else "Name the migration's SQL file in it",
            )
        if path.exists() and not path.is_file():
            raise InputError(detail=f"{name} is no ordinary file", next="Name a file, or - for standard input")
        with path.open("rb") as file:
            return _text(file.read(LIMIT_BYTES + 1), name), path
    except OSError as error:
        raise InputError(detail=f"{name} cannot be read: {error.strerror}", next="Name a file that is there") from error
    except ValueError as error:
        raise InputError(detail=f"This is no name of a file: {error}", next="Name a file that is there") from error


def _text(raw: bytes, name: str) -> str:
    if len(raw) > LIMIT_BYTES:
        limit = f"{LIMIT_BYTES:,} bytes"
        raise TooLarge(what=name, size=f"more than {limit}", limit=limit, next=SPLIT)
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(detail=f"{name} is UTF-16 text, not UTF-8", next="Save it as UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(
            detail=f"{name} line {line} is not UTF-8 text (byte 0x{raw[error.start]:02x})", next="Save it as UTF-8"
        ) from error
