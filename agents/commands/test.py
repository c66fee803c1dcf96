"""`test [ARGS]`: pytest on the checkout. The launcher has installed what the tests need."""

import os
import sys
from typing import Annotated

import typer

from common import directories


def run_tests(arguments: Annotated[list[str] | None, typer.Argument(metavar="[ARGS]...")] = None) -> None:
    """Run the tests; arguments go to pytest, files are named from the checkout."""
    os.chdir(directories.ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *(arguments or ())])
