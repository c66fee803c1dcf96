"""Throwaway clusters: a random name, gone when the use ends, kill -9 included."""

import asyncio
import contextlib
import secrets
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from common import directories
from common.engines import files, keeper, leases
from common.engines.cluster import Cluster
from common.engines.installs import install_for


@contextlib.asynccontextmanager
async def copy_cluster(major: int | None = None, settings: Mapping[str, str] | None = None) -> AsyncIterator[Cluster]:
    """A running, empty cluster for one rehearsal, of this major version where there is one (see `install_for`)."""
    use, cluster = await asyncio.to_thread(open_copy, major, settings)
    try:
        yield cluster
    finally:
        await asyncio.to_thread(use.leave)


def open_copy(major: int | None = None, settings: Mapping[str, str] | None = None) -> tuple[leases.Use, Cluster]:
    """The blocking half of `copy_cluster`: the caller leaves the use."""
    install = install_for(major)
    use, folder = reserve()
    with contextlib.ExitStack() as undo:
        undo.callback(use.leave)
        cluster = Cluster(folder, install, settings or {}, throwaway=True)
        cluster.start()
        undo.pop_all()
    return use, cluster


def reserve() -> tuple[leases.Use, Path]:
    """A folder for one throwaway cluster, which the caller makes and fills; it is gone when the use ends."""
    home = directories.engines() / "copies"
    with files.trouble(home, "making a throwaway PostgreSQL"):
        home.mkdir(exist_ok=True)
        home.chmod(0o711)
        sweep()
        name = secrets.token_hex(6)
        return leases.own(home / f"{name}.lease", home / name), home / name


def sweep() -> None:
    """Stop and remove copies whose owner is gone and whose keeper was killed too."""
    home = directories.engines()
    for lease in (*home.glob("copies/*.lease"), *home.glob("unpack-*.lease")):
        folder = lease.with_suffix("")
        keeper.release(folder / "data", lease, None, folder, 0.0)
    for folder in (*home.glob("copies/*"), *home.glob("unpack-*")):
        # The lease is made before the folder and goes after it: a folder without one is what a dying program wrote last.
        if folder.suffix != ".lease" and folder.is_dir() and not folder.with_suffix(".lease").exists():
            shutil.rmtree(folder, ignore_errors=True)
