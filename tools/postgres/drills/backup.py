"""What lies at a path: a dump of pg_dump or pg_dumpall, or a base backup of pg_basebackup, by what is in it."""

import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from common.errors import InputError
from tools.postgres.drills.compressed import opened

_HEAD = 4_096
_TAR_END = 512
"""What follows the last member: blocks of zeros, of which tarfile has read one."""
_PLAIN = (b"-- PostgreSQL database dump", b"-- PostgreSQL database cluster dump")


class Kind(StrEnum):
    """How a backup was made."""

    CUSTOM = "pg_dump, custom format"
    DIRECTORY = "pg_dump, directory format"
    TAR = "pg_dump, tar format"
    PLAIN = "pg_dump, plain SQL"
    BASE = "pg_basebackup, plain format"
    BASE_TAR = "pg_basebackup, tar format"

    @property
    def physical(self) -> bool:
        """Whether it holds the files of a whole cluster, which archived WAL can bring forward."""
        return self in (Kind.BASE, Kind.BASE_TAR)


@dataclass(frozen=True)
class Backup:
    """A backup on this machine. `written_at` is when its newest file was last written to."""

    path: Path
    kind: Kind
    size_bytes: int
    written_at: datetime


def recognise(path: Path) -> Backup:
    """The backup at `path`, as an absolute path; of a folder that holds several, the one written last.

    Raises InputError when there is nothing, nothing readable, or nothing that these drills can restore.
    """
    path = path.absolute()  # programs of PostgreSQL run elsewhere
    try:
        if (kind := _kind(path)) is not None:
            return _described(path, kind)
        found = [_described(each, kind) for each in (path.iterdir() if path.is_dir() else ()) if (kind := _kind(each))]
    except OSError as error:
        raise InputError(
            detail=f"The backup {path} cannot be read: {error.strerror or error}", next="Name one that is there"
        ) from error
    if not found:
        raise InputError(
            detail=f"{path} is no backup that a drill can restore",
            next="Name a file or folder of pg_dump or pg_basebackup; pgBackRest and Barman: restore it to a folder first",
        )
    return max(found, key=lambda one: one.written_at)


def base_tar(folder: Path) -> Path | None:
    """The archive of the data folder in a base backup of tar format; None when there is none."""
    return next((each for each in sorted(folder.glob("base.tar*")) if each.is_file()), None)


def cut_off(path: Path) -> str:
    """What shows that a dump in tar format is not whole; empty when it is.

    pg_restore (15 and 18) restores such a file without a word, or never ends on it.
    """
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                content = archive.extractfile(member)
                while content is not None and content.read(1 << 20):
                    pass
            end = archive.offset
    except (tarfile.TarError, EOFError, OSError) as error:
        return f"the file is cut off: {error}"
    with path.open("rb") as raw:
        raw.seek(end)
        tail = raw.read(_TAR_END)
    return "" if len(tail) == _TAR_END and not tail.strip(b"\0") else "the file is cut off: its end mark is not there"


def _kind(path: Path) -> Kind | None:
    if path.is_dir():
        if (path / "toc.dat").exists():
            return Kind.DIRECTORY
        if (path / "PG_VERSION").exists() and (path / "global").is_dir():
            return Kind.BASE
        return Kind.BASE_TAR if base_tar(path) else None
    if not path.is_file():
        path.stat()
        return None
    with path.open("rb") as raw:
        head = raw.read(5)
    if head == b"PGDMP":
        return Kind.CUSTOM
    try:
        with opened(path) as file:
            head = file.read(_HEAD)
    except (EOFError, OSError):
        head = b""
    if any(mark in head for mark in _PLAIN):
        return Kind.PLAIN
    return _tarred(path) if not head or head[257:262] == b"ustar" else None


def _tarred(path: Path) -> Kind | None:
    try:
        with tarfile.open(path) as archive:
            first = archive.next()
    except (tarfile.TarError, EOFError, OSError):
        return None
    return Kind.TAR if first is not None and first.name == "toc.dat" else None


def _described(path: Path, kind: Kind) -> Backup:
    sizes, times = zip(*((each.st_size, each.st_mtime) for each in _files(path)), strict=True)
    return Backup(path, kind, sum(sizes), datetime.fromtimestamp(max(times), UTC))


def _files(path: Path) -> Iterator[os.stat_result]:
    if not path.is_dir():
        yield path.stat()
        return
    for place, _, names in os.walk(path):
        for name in names:
            yield Path(place, name).lstat()
