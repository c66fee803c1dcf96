"""Stops an engine when the command that used it is gone, kill -9 included.

Run as a program (`python -I -S keeper.py DATA LEASE STAY FOLDER`) in a session of its own. Its standard input is a pipe
whose other end only the command holds, so end of file means that the command has ended, however it ended. Imports
nothing but the standard library: it must start in milliseconds and outlive everything.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import time
from pathlib import Path

PATIENCE = 2.0
"""Seconds that a killed command's own lock may take to vanish after its end of the pipe."""


def postmaster(data: Path) -> int | None:
    """The process id of the server that runs on a data folder; None when none does.

    The id in postmaster.pid alone proves nothing: after a crash or a reboot it may belong to any process. A postmaster
    carries its data folder on its command line, which everybody may read.
    """
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if _names(pid, data) else None


def stop(data: Path, *, throwaway: bool) -> None:
    """Stop the server on a data folder and wait until it is gone: cleanly, or at once when its data is thrown away."""
    stages = [(signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)]
    if not throwaway:
        stages.insert(0, (signal.SIGINT, 60.0))
    for number, seconds in stages:
        pid = postmaster(data)
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if postmaster(data) is None:
                return
            time.sleep(0.01)


def release(data: Path, lease: Path, stay: Path | None, folder: Path | None, patience: float) -> bool:
    """Stop the engine if nobody else holds its lease and it was not told to stay; True when it was ours to decide.

    With `folder` the engine is a throwaway copy: its folder and lease go too.
    """
    try:
        handle = os.open(lease, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        if not _locked(handle, patience):
            return False
        if stay is None or not stay.exists():
            stop(data, throwaway=folder is not None)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
            lease.unlink(missing_ok=True)
        return True
    finally:
        os.close(handle)


def _locked(handle: int, patience: float) -> bool:
    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(0.02)
        else:
            return True


def _names(pid: int, data: Path) -> bool:
    """Whether a process has the data folder among its arguments."""
    if sys.platform.startswith("linux"):
        try:
            return os.fsencode(data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
    import subprocess

    shown = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return str(data) in shown.stdout


def main(arguments: list[str]) -> None:
    """Wait for the command to end, then release what it held. An empty argument means: there is none."""
    data, lease, stay, folder = (Path(each) if each else None for each in arguments)
    assert data is not None
    assert lease is not None
    # A byte before the end of file says that the command left in good order and has let go of its own lock already.
    in_order = bool(os.read(0, 1))
    release(data, lease, stay, folder, 0.0 if in_order and folder is None else PATIENCE)


if __name__ == "__main__":
    main(sys.argv[1:])
