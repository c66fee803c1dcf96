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
    return pid if str(data) in _arguments(pid) else None


def stop(data: Path, *, throwaway: bool) -> None:
    """Stop the server on a data folder and wait until it is gone: cleanly, or at once when its data is thrown away.

    A server that is only just starting goes too, and so do the programs that make or start one.
    """
    end = time.monotonic() + (5.0 if throwaway else 60.0)
    told: dict[int, signal.Signals] = {}
    pid = postmaster(data)
    while found := {pid: "postgres"} if pid else workers(data):
        late = time.monotonic() > end
        for number, program in found.items():
            kind = signal.SIGQUIT if throwaway else signal.SIGINT
            if late or program != "postgres":
                kind = signal.SIGKILL
            if told.get(number) != kind:
                told[number] = kind
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(number, kind)
            elif late and time.monotonic() > end + 10:
                return
        time.sleep(0.005)
        pid = postmaster(data)


def workers(data: Path) -> dict[int, str]:
    """Processes that serve, start or make this data folder: process id to program."""
    found = {}
    for pid in _processes():
        arguments = _arguments(pid)
        program = arguments[0].rpartition("/")[2] if arguments else ""
        made = f"{data}.draft"
        starts = program == "sh" and any(text.startswith("exec ") and str(data) in text for text in arguments)
        serves = program in ("postgres", "pg_ctl", "initdb", "pg0") and (str(data) in arguments or made in arguments)
        if starts or serves or (program == "cp" and arguments[-1] == made):
            found[pid] = program
    return found


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


def _processes() -> list[int]:
    if sys.platform.startswith("linux"):
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [int(line) for line in _ps("-ax", "-o", "pid=").split()]


def _arguments(pid: int) -> list[str]:
    """A process's command line; empty when it is gone or a zombie."""
    if sys.platform.startswith("linux"):
        try:
            return [os.fsdecode(part) for part in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]]
        except OSError:
            return []
    # Elsewhere arguments come as one text; those that hold a blank cannot be told from two.
    return _ps("-ww", "-o", "command=", "-p", str(pid)).split()


def _ps(*options: str) -> str:
    import subprocess

    return subprocess.run(["ps", *options], capture_output=True, text=True, check=False).stdout


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
