"""Who uses an engine. Every use holds a file's lock; the last one to leave stops the engine, kill -9 included."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from common.engines import keeper


@dataclass
class Use:
    """One use of an engine by this process: a lock on the lease, and a keeper that watches over this process."""

    lease: Path
    data: Path
    stay: Path | None
    """While this file exists the engine keeps running when nobody uses it."""
    folder: Path | None
    """Removed at the end: set for throwaway copies, whose lease is held alone."""
    _handle: int
    _keeper: subprocess.Popen[bytes]

    def leave(self) -> None:
        """Let go of the engine; returns when it is stopped, or when it is clear that somebody else uses it."""
        os.close(self._handle)
        assert self._keeper.stdin is not None
        try:
            self._keeper.stdin.write(b".")
            self._keeper.stdin.close()
        except BrokenPipeError:
            pass
        if self._keeper.wait() != 0:  # killed under our hands: do its work
            keeper.release(self.data, self.lease, self.stay, self.folder, 0.0)


def share(lease: Path, data: Path, stay: Path) -> Use:
    """Use an engine together with others; waits while the last user before us is stopping it."""
    return _use(lease, data, stay, None, fcntl.LOCK_SH)


def own(lease: Path, folder: Path) -> Use:
    """Use a throwaway copy alone. `folder` is gone when the use ends, however it ends."""
    return _use(lease, folder / "data", None, folder, fcntl.LOCK_EX)


def _use(lease: Path, data: Path, stay: Path | None, folder: Path | None, kind: int) -> Use:
    handle = _hold(lease, kind)
    arguments: Sequence[Path | None] = (data, lease, stay, folder)
    try:
        watching = subprocess.Popen(
            [sys.executable, "-I", "-S", keeper.__file__, *(str(each or "") for each in arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
    except OSError:
        os.close(handle)
        raise
    return Use(lease, data, stay, folder, handle, watching)


def _hold(lease: Path, kind: int) -> int:
    while True:
        handle = os.open(lease, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(handle, kind)
        try:
            if os.fstat(handle).st_ino == lease.stat().st_ino:
                return handle
        except FileNotFoundError:
            pass
        os.close(handle)  # the lease was removed while we waited for it: it belongs to nobody any more
