"""The one place that decides every path."""

import errno
import hashlib
import os
import stat
from pathlib import Path

from common.errors import DiskFull, Unreachable

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""


def build_data() -> Path:
    """The folder of everything written at run time: `DBCREW_BUILD_DATA`, else `build_data/` in the checkout."""
    return Path(os.environ.get("DBCREW_BUILD_DATA") or ROOT / "build_data").resolve()


def logs() -> Path:
    """Log files, one per command and day."""
    return _made(build_data() / "logs")


def artifacts() -> Path:
    """Files made for people: migrations, reports."""
    return _made(build_data() / "artifacts")


def engines() -> Path:
    """Homes of the embedded engines and of throwaway copies.

    Under root the servers run as an unprivileged account, which must be able to reach the folder: when a parent is
    closed to it (a checkout below a private home), this checkout's engines live in a folder below /var/lib/dbcrew.
    """
    inside = build_data() / "engines"
    if os.geteuid() != 0:
        return _made(inside)
    if all(_open_to_all(parent) for parent in inside.parents if parent.exists()):
        return _made(inside, open_to_all=True)
    name = hashlib.sha256(str(inside).encode()).hexdigest()[:12]
    return _made(Path("/var/lib/dbcrew") / name, open_to_all=True)


def _open_to_all(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IXOTH)


def _made(folder: Path, open_to_all: bool = False) -> Path:
    """The folder, made unless it is there. Raises DiskFull, or Unreachable when we may not make it."""
    try:
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        if open_to_all:  # a strict umask must not lock the servers' account out of what was just made
            for each in missing:
                each.chmod(0o755)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(where=str(folder), doing="making a folder") from error
        raise Unreachable(
            what="the folder for what is written at run time",
            where=str(folder),
            detail=error.strerror or str(error),
            next="Run as its owner, or set DBCREW_BUILD_DATA to a folder of your own.",
        ) from error
    return folder
