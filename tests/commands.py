"""The command line in the process of the tests: what it prints and how it ends, without a start of Python for each."""

import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from agents.__main__ import app
from common.config.settings import settings


@dataclass(frozen=True)
class Said:
    """How a command ended: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Stdout, which is one JSON document on one line and nothing else."""
        assert self.out.count("\n") == 1, self
        assert self.out.endswith("\n")
        return json.loads(self.out)


def said_by(*arguments: str, stdin: str = "", **variables: str) -> Said:
    """What `./p3` says to these arguments where these environment variables are set.

    An exception that would end the process is raised. Not for what a process itself does: closed streams, signals, memory.
    """
    settings.cache_clear()
    try:
        ended = CliRunner().invoke(app, arguments, input=stdin, env=variables, prog_name="./p3", catch_exceptions=False)
    finally:
        settings.cache_clear()
    return Said(ended.exit_code, ended.stdout, ended.stderr)
