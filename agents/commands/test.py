"""`test [ARGS]`: pytest on the checkout. The launcher has installed what the tests need."""

import os
import sys
from typing import Annotated

import typer

from common import directories

_ALL = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
"""Each file's tests stay together: they share the worlds that were loaded for them. Files come in the order of their names:
those that take minutes first, the many of tests/unit last, so that no core waits for the other at the end."""


def run_tests(arguments: Annotated[list[str] | None, typer.Argument(metavar="[ARGS]...")] = None) -> None:
    """Run the tests; arguments go to pytest, files are named from the checkout. All of them run on two cores at once."""
    os.chdir(directories.ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *(arguments or _ALL)])
