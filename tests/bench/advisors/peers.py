"""The environments of the advisors that PyPI has, each of its own, made when it is first asked for."""

import shutil
import subprocess
from pathlib import Path

REQUIRED = {
    "pgtuner-mcp": ("3.10", ["pgtuner_mcp==0.6.0", "mcp<2"], []),
    # Pinned to pglast 7.2.0, which some indexes no longer hold: then with the last pglast 7.
    "postgres-mcp": (
        "3.12",
        ["postgres-mcp==0.3.0"],
        ["attrs", "humanize", "instructor", "mcp[cli]<2", "psycopg[binary]", "psycopg-pool", "pglast<8"],
    ),
}
NEWER = ("3.14", "3.13", "3.12", "3.11", "3.10")


class Missing(Exception):
    """An advisor that cannot be had here."""


def python(folder: Path, name: str) -> Path:
    """The interpreter of the peer's environment below `folder`. Raises Missing, saying what it would take."""
    found = folder / name / "bin" / "python"
    least, wanted, instead = REQUIRED[name]
    if found.exists():
        return found
    for version in NEWER[: NEWER.index(least) + 1][::-1]:
        base = shutil.which(f"python{version}")
        if (
            base
            and not subprocess.run([base, "-m", "venv", folder / name], capture_output=True, check=False).returncode
        ):
            break
    else:
        raise Missing(f"it needs Python {least} or later, which is not here")
    install = [str(found), "-m", "pip", "install", "-q"]
    tried = [[*install, *wanted]] + ([[*install, *instead], [*install, "--no-deps", *wanted]] if instead else [])
    done = [subprocess.run(command, capture_output=True, text=True, check=False) for command in tried[:1]]
    if done[-1].returncode and instead:
        done = [subprocess.run(command, capture_output=True, text=True, check=False) for command in tried[1:]]
    if any(each.returncode for each in done):
        shutil.rmtree(folder / name)
        raise Missing(done[-1].stderr.strip().splitlines()[-1])
    return found
