"""Locks, ports and the trouble that disks make."""

import contextlib
import errno
import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

from common.errors import DiskFull, Unreachable

NEXT_TO_NONE = 2_000_000
"""Bytes: with less than this free, a program that failed without a clear word failed for want of space."""


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file's lock alone; waits for whoever has it. The kernel lets go of it when the process ends."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def trouble(where: Path, doing: str) -> Iterator[None]:
    """Turn what a disk may answer into the product's errors: DiskFull, or Unreachable for a folder closed to us."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(where=str(where), doing=doing) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise Unreachable(
                what="the embedded engines",
                where=str(where),
                detail=f"{error.strerror or error} while {doing}: {error.filename or where}",
                next="Run as the owner of that folder, or set DBCREW_BUILD_DATA to a folder of your own.",
            ) from error
        raise


def raise_if_full(said: str, where: Path, doing: str) -> None:
    """Raise DiskFull when a program that failed says that there was no space, or leaves next to none behind."""
    told = "No space left on device" in said or "Disk quota exceeded" in said
    if told or shutil.disk_usage(where).free < NEXT_TO_NONE:
        raise DiskFull(where=str(where), doing=doing)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on right now, chosen by the system."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        # As the server does: a connection of its last life that is still fading away does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
