"""The embedded engines that have a name, a lasting data folder, and users that come and go."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from common import directories
from common.engines import copies, files, keeper, leases
from common.engines.cluster import Cluster
from common.engines.installs import embedded, unpacked
from common.errors import InputError


@dataclass(frozen=True)
class Engine:
    """What an embedded engine is for."""

    name: str
    purpose: str
    database: str
    settings: dict[str, str]


ENGINES = {
    each.name: each
    for each in (
        Engine("state", "the state store: cases, jobs, evidence", "dbcrew", {"max_connections": "60"}),
        Engine(
            "live",
            "the demo's live database",
            "wallet",
            {
                "shared_preload_libraries": "pg_stat_statements,auto_explain",
                "track_io_timing": "on",
                # A tool that plans over hypothetical indexes must not have auto_explain plan a second time.
                "auto_explain.log_min_duration": "-1",
            },
        ),
    )
}


@dataclass(frozen=True)
class State:
    """How an embedded engine is doing."""

    name: str
    version: str
    """Empty before the first start."""
    dsn: str
    """Empty unless it runs. The password is in the file that its `passfile` names."""
    state: str
    """`up` (stays until `engines down`), `in use` (until the commands that use it end), `down` or `new`."""


@contextlib.asynccontextmanager
async def engine(name: str) -> AsyncIterator[str]:
    """The DSN of the embedded engine `state` or `live`, started unless it runs, stopped by the last to leave."""
    use, cluster = await asyncio.to_thread(_enter, name)
    try:
        yield cluster.dsn
    finally:
        await asyncio.to_thread(use.leave)


async def up(name: str) -> State:
    """Start an engine and let it stay until `down`."""
    return await asyncio.to_thread(_up, name)


async def down(name: str) -> State:
    """Let an engine stop: now, or, while commands still use it, when the last of them ends."""
    return await asyncio.to_thread(_down, name)


async def status(name: str) -> State:
    """How an engine is doing; starts nothing."""
    return await asyncio.to_thread(look, name)


def _enter(name: str, stay: bool = False) -> tuple[leases.Use, Cluster]:
    home = directories.engines()
    folder = _folder(name)
    with files.trouble(home, "starting an engine"):
        _sweep(home)
        folder.mkdir(exist_ok=True)
        use = leases.share(home / f"{name}.lease", folder / "data", _stay(name))
    with contextlib.ExitStack() as undo:
        undo.callback(use.leave)
        with files.trouble(home, "starting an engine"), files.locked(home / f"{name}.start"):
            cluster = _cluster(name)
            if not cluster.running():
                # Told to stay in an earlier life of the machine or server: that wish died with it.
                _stay(name).unlink(missing_ok=True)
            cluster.start()
            if stay:
                _stay(name).touch()
        undo.pop_all()
    return use, cluster


def _up(name: str) -> State:
    use, _ = _enter(name, stay=True)
    use.leave()
    return look(name)


def _down(name: str) -> State:
    home = directories.engines()
    with files.trouble(home, "stopping an engine"):
        _stay(name).unlink(missing_ok=True)
        # A command that is leaving right now may hold the lease and have seen the wish to stay: wait for it.
        keeper.release(_folder(name) / "data", home / f"{name}.lease", None, None, 1.0)
    return look(name)


def look(name: str) -> State:
    """The blocking half of `status`."""
    folder = _folder(name)
    with files.trouble(folder, "looking at an engine"):
        install = unpacked()
        if install is None or not (folder / "data" / "PG_VERSION").exists():
            return State(name, install.version if install else "", "", "new")
        cluster = Cluster(folder, install, database=ENGINES[name].database)
        if not cluster.running():
            return State(name, install.version, "", "down")
        return State(
            name, install.version, cluster.shown_of(cluster.database), "up" if _stay(name).exists() else "in use"
        )


def _sweep(home: Path) -> None:
    for other in ENGINES:
        keeper.release(_folder(other) / "data", home / f"{other}.lease", _stay(other), None, 0.0)
    copies.sweep()


def _cluster(name: str) -> Cluster:
    wanted = ENGINES[name]
    return Cluster(_folder(name), embedded(), wanted.settings, wanted.database)


def _folder(name: str) -> Path:
    if name not in ENGINES:
        raise InputError(detail=f"There is no embedded engine {name}", next=f"There are {' and '.join(ENGINES)}")
    return directories.engines() / name


def _stay(name: str) -> Path:
    return directories.engines() / f"{name}.stay"
