"""One PostgreSQL data folder and the server on it."""

import contextlib
import os
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from common import directories
from common.engines import files, keeper
from common.engines.account import Account, account
from common.engines.installs import Install
from common.errors import Unreachable

ALWAYS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "max_connections": "100",
    "max_wal_size": "4GB",
}
THROWAWAY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
"""For data that nobody misses after a crash; never for the state store or the demo's live database."""

SINCE_16 = {"scram_iterations": "1"}
"""Passwords here are 18 random bytes or more: hashing them 4,096 times only makes each connection take 10 ms."""

LOG_LIMIT = 10_000_000
"""Bytes of server log after which a start begins a new one."""


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL cluster of ours: `folder` holds the data (readable by the server's account only), log and settings.

    All methods block; callers in the event loop use asyncio.to_thread.
    """

    folder: Path
    install: Install
    settings: Mapping[str, str] = field(default_factory=dict)
    database: str = "postgres"
    throwaway: bool = False

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def port(self) -> int | None:
        """The port it listens on, or listened on last; None before the first start."""
        with contextlib.suppress(OSError, ValueError):
            return int((self.folder / "port").read_text())
        return None

    @property
    def dsn(self) -> str:
        """How the superuser reaches `database`, for this process: it holds the password and is never printed."""
        return self.dsn_of(self.database)

    def dsn_of(self, database: str) -> str:
        """The same for another database of this cluster.

        The password and the kind of connection are in it so that PGPASSWORD or PGSSLMODE, meant for somebody's own
        server, do not get in the way: libpq heeds them before it reads a password file.
        """
        password = passfile().read_text().strip().rpartition(":")[2]
        return f"{self.shown_of(database, password)}&sslmode=disable&gssencmode=disable"

    def shown_of(self, database: str, password: str = "") -> str:
        """A DSN for people: the password is not in it but in the file that `passfile` names."""
        user = f"postgres:{quote(password, safe='')}" if password else "postgres"
        return (
            f"postgresql://{user}@127.0.0.1:{self.port}/{quote(database, safe='')}"
            f"?passfile={quote(str(passfile()), safe='/')}"
        )

    def exists(self) -> bool:
        """Whether it has ever been started. Raises PermissionError when the folder is closed to us."""
        return (self.data / "PG_VERSION").exists()

    def running(self) -> bool:
        """Whether a server of ours runs on the data folder."""
        return keeper.postmaster(self.data) is not None

    def start(self) -> None:
        """Start the server unless it runs; make the cluster first where there is none.

        Raises DiskFull, Missing or Unreachable. Callers hold a lock: two starts at once would fight.
        """
        with files.trouble(self.folder, "starting PostgreSQL"):
            if self.running():
                return
            self._make()
            self._start()

    def stop(self) -> None:
        """Stop the server and wait until it is gone; nothing happens when it does not run."""
        keeper.stop(self.data, throwaway=self.throwaway)

    def _owner(self) -> Account:
        """Whoever owns the data must run the server, whatever the account would be today."""
        if os.geteuid() == 0 and self.data.exists():
            owner = self.data.stat()
            if owner.st_uid != 0:
                return Account(str(owner.st_uid), owner.st_uid, owner.st_gid)
        return account()

    def _make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        if self.exists():
            return
        draft = self.folder / "data.draft"
        shutil.rmtree(draft, ignore_errors=True)
        _copy_tree(_template(self.install), draft)
        if self.database != "postgres":
            made = account().run(
                [self.install.program("postgres"), "--single", "-D", draft, "postgres"],
                self.install.environment,
                f'CREATE DATABASE "{self.database}"\n',
            )
            if made.returncode != 0 or "ERROR" in made.stderr:
                files.raise_if_full(made.stderr, self.folder, "making a PostgreSQL cluster")
                raise self._failure(made.stderr)
        if not self.throwaway:
            account().run([self.install.program("initdb"), "--sync-only", "-D", draft], self.install.environment)
        shutil.rmtree(self.data, ignore_errors=True)
        draft.rename(self.data)

    def _start(self) -> None:
        owner = self._owner()
        for _ in range(20):
            port = self.port
            if port is None or not files.is_free(port):
                port = files.free_port()
                (self.folder / "port").write_text(str(port))
            said = self._try_start(owner, port)
            if said is None:
                return
            files.raise_if_full(said, self.folder, "starting PostgreSQL")
            if "Address already in use" in said:  # taken by somebody since we looked
                (self.folder / "port").unlink()
            elif "shared memory block" in said or "is another postmaster" in said:
                time.sleep(0.5)  # processes of a killed server are still on their way out
            else:
                break
        raise self._failure(said or "")

    def _try_start(self, owner: Account, port: int) -> str | None:
        """One attempt: None when it runs now, else what the server said."""
        self._write_settings(port)
        if not self.log.exists() or self.log.stat().st_size > LOG_LIMIT:
            self.log.unlink(missing_ok=True)
            self.log.touch(mode=0o600)
            owner.own(self.log)
        before = self.log.stat().st_size
        options = f"-c config_file={shlex.quote(str(self.folder / 'server.conf'))}"
        started = owner.run(
            [
                self.install.program("pg_ctl"),
                "start",
                "-w",
                "-s",
                "-t",
                "600",
                "-D",
                self.data,
                "-l",
                self.log,
                "-o",
                options,
            ],
            self.install.environment,
        )
        if started.returncode == 0:
            return None
        with self.log.open(errors="replace") as log:
            log.seek(before)
            return log.read() + started.stderr

    def _write_settings(self, port: int) -> None:
        recent = SINCE_16 if self.install.major >= 16 else {}
        chosen = {**ALWAYS, **recent, **(THROWAWAY if self.throwaway else {}), **self.settings, "port": str(port)}
        lines = (f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in chosen.items())
        path = self.folder / "server.conf"
        path.write_text("".join(lines))
        path.chmod(0o644)

    def _failure(self, said: str) -> Unreachable:
        lines = [line for line in said.splitlines() if line.strip()]
        causes = [line for line in lines if any(mark in line for mark in ("FATAL", "PANIC", "ERROR", "error:"))]
        return Unreachable(
            what=f"the embedded PostgreSQL {self.install.version}",
            where=str(self.folder),
            detail=(causes or lines or ["it did not start"])[0].strip(),
            next=f"Its log: {self.log}",
        )


def passfile() -> Path:
    """The libpq password file of all embedded clusters, made on first use; readable by us only."""
    path = directories.engines() / "pgpass"
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(f"127.0.0.1:*:*:postgres:{secrets.token_urlsafe(24)}\n")
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        Path(draft).unlink()
    return path


def _template(install: Install) -> Path:
    """A data folder fresh from initdb, made once per version: copying it takes a fifth of the time."""
    home = directories.engines() / "templates"
    home.mkdir(exist_ok=True)
    home.chmod(0o711 if os.geteuid() == 0 else 0o700)
    target = home / f"{install.source}-{install.version.split()[0]}-{account().uid}"
    with files.locked(home / "lock"):
        if not target.exists():
            for remains in home.glob("draft-*"):  # of a command that was killed here; the lock says that it is gone
                shutil.rmtree(remains, ignore_errors=True)
            with _draft(home) as draft:
                _initdb(install, draft)
                (draft / "data").rename(target)
    return target


@contextlib.contextmanager
def _draft(home: Path) -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="draft-", dir=home))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _initdb(install: Install, draft: Path) -> None:
    secret = draft / "password"
    secret.touch(mode=0o600)
    secret.write_text(passfile().read_text().strip().rpartition(":")[2])
    account().own(secret)
    account().own(draft)
    said = ""
    for locale in ("C.UTF-8", "C"):  # macOS has no C.UTF-8
        options = f"-U postgres -A scram-sha-256 --no-sync --no-instructions --encoding=UTF8 --locale={locale}".split()
        if install.major >= 16:
            options += [part for name, value in SINCE_16.items() for part in ("-c", f"{name}={value}")]
        command: list[str | Path] = [install.program("initdb"), "-D", draft / "data", f"--pwfile={secret}", *options]
        made = account().run(command, install.environment)
        if made.returncode == 0:
            return
        said = said or made.stderr
        shutil.rmtree(draft / "data", ignore_errors=True)
    files.raise_if_full(said, draft.parent, "making a PostgreSQL cluster")
    raise Unreachable(
        what=f"PostgreSQL {install.version}",
        where=str(install.bindir),
        detail=f"initdb failed: {said.strip().splitlines()[-1] if said.strip() else 'no message'}",
        next="Free its folder of remains or set DBCREW_BUILD_DATA to another one.",
    )


def _copy_tree(source: Path, target: Path) -> None:
    """Copy a folder with owners and modes; where the file system can, the blocks are shared until they change."""
    options = ["-a", "--reflink=auto"] if sys.platform.startswith("linux") else ["-Rp"]
    copied = subprocess.run(["cp", *options, source, target], capture_output=True, text=True, check=False)
    if copied.returncode != 0:
        files.raise_if_full(copied.stderr, target.parent, "copying a PostgreSQL cluster")
        raise Unreachable(
            what="the embedded PostgreSQL",
            where=str(target),
            detail=(copied.stderr.strip().splitlines() or ["cp failed"])[0],
            next="See that the folder can be written to.",
        )
