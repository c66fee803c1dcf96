"""Templates compiled once, as Python does with modules: beside them, in `__pycache__`, and never where that is unwanted."""

import contextlib
import os
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path
from pickle import UnpicklingError

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

_FOLDER = Path(__file__).parent / "__pycache__"


class CompiledTemplates(BytecodeCache):
    """What Jinja made of a template, kept in a file whose name says of what: another text is another file, and so is the
    same text with other code in this folder, as constants are written out when a template is compiled.

    A folder that cannot be written to, or a full disk, costs time and nothing else.
    """

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket from its file, if that is there."""
        with contextlib.suppress(OSError, EOFError, ValueError, UnpicklingError), _file(bucket).open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the bucket's file, whole or not at all."""
        if sys.dont_write_bytecode:
            return
        part = _file(bucket).with_suffix(f".{os.getpid()}")
        try:
            _FOLDER.mkdir(exist_ok=True)
            with part.open("wb") as file:
                bucket.write_bytecode(file)
            part.replace(_file(bucket))
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink()


def _file(bucket: Bucket) -> Path:
    return _FOLDER / f"template-{bucket.key[:12]}-{bucket.checksum[:12]}-{_code()}.pyc"


@cache
def _code() -> str:
    """Which state the code of this folder is in."""
    files = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(_FOLDER.parent.glob("*.py"))]
    return sha256(repr(files).encode()).hexdigest()[:12]
