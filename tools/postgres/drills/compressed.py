"""Files as they are or compressed, by their first bytes."""

import bz2
import contextlib
import gzip
import lzma
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from common.errors import Missing

_PROGRAMS = {b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4"}


@contextlib.contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """What a file holds once it is uncompressed: gzip, bzip2, xz, and zstd or lz4 where their programs are.

    Reading raises EOFError or OSError when the compressed file is cut off or damaged. Raises Missing without the program.
    """
    with path.open("rb") as raw:
        head = raw.read(6)
    if head[:2] == b"\x1f\x8b":
        with gzip.open(path) as file:
            yield cast("IO[bytes]", file)
    elif head[:3] == b"BZh":
        with bz2.open(path) as bzipped:
            yield cast("IO[bytes]", bzipped)
    elif head == b"\xfd7zXZ\x00":
        with lzma.open(path) as xzipped:
            yield cast("IO[bytes]", xzipped)
    elif head[:4] in _PROGRAMS:
        with _piped(_PROGRAMS[head[:4]], path) as piped:
            yield piped
    else:
        with path.open("rb") as plain:
            yield plain


@contextlib.contextmanager
def _piped(name: str, path: Path) -> Iterator[IO[bytes]]:
    program = shutil.which(name)
    if program is None:
        raise Missing(what=f"{name}, which {path.name} is compressed with,", next="Install it, then try again.")
    with subprocess.Popen(
        [program, "-dcq", "--", str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as running:
        assert running.stdout is not None
        whole = False
        try:
            yield running.stdout
            whole = running.stdout.read(1) == b""
        finally:
            if not whole:
                running.kill()
        if whole and running.wait() != 0:
            raise EOFError(f"{name} cannot read {path.name} to its end")
