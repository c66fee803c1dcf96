"""The throwaway server of a drill: an empty cluster for a dump, or one that starts on the files of a base backup."""

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote

import psycopg
from psycopg import sql

from common import directories
from common.engines.account import account
from common.engines.cluster import Cluster
from common.engines.copies import reserve
from common.engines.installs import Install
from common.errors import InputError, Refused, Unreachable
from common.figures import show

LIKE_LIVE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "autovacuum": "off"}
"""What is measured is to be the time that a server takes which keeps what it was given."""

READER = "dbcrew_drill_reader"
_CALM = ("event_triggers", "session_preload_libraries", "local_preload_libraries")
"""Settings of the reader's own, before those of its database: what would run when it connects."""

_HBA = "local all all trust\n"
_LONGEST_SOCKET = 100
"""A socket's address holds 108 bytes on Linux, 104 elsewhere."""
_SPARE_BYTES = 300_000_000
_ASK_S = 0.05
_ASKED_AGAIN = 100
_EARLY = re.compile(
    r"the database system is (starting up|not (yet )?accepting connections|shutting down)|No such file|refused"
)


@dataclass(frozen=True)
class Restored:
    """A server that runs on what was restored."""

    cluster: Cluster
    user: str

    @property
    def socket(self) -> Path:
        return self.cluster.folder / "socket"

    def dsn_of(self, database: str) -> str:
        """How a role without a superuser's rights reads a database; see `ready_reader`.

        The socket is one that only the server's account may enter.
        """
        return self._dsn(READER, database, "-c search_path=pg_catalog -c default_transaction_read_only=on")

    def superuser_dsn(self, database: str) -> str:
        """How the backup's own superuser reaches a database, with everything off that the database runs by itself."""
        return self._dsn(self.user, database, self.calm)

    @property
    def calm(self) -> str:
        """The options of a superuser's connection; they go before what the database or the role has set."""
        off = "-c search_path=pg_catalog -c session_replication_role=replica"
        off += " -c session_preload_libraries= -c local_preload_libraries="
        return off + (" -c event_triggers=off" if self.cluster.install.major >= 17 else "")

    def _dsn(self, user: str, database: str, options: str) -> str:
        where, user, name = quote(str(self.socket), safe=""), quote(user, safe=""), quote(database, safe="")
        return (
            f"postgresql://{user}@{where}/{name}?port={self.cluster.port}&sslmode=disable&gssencmode=disable"
            f"&options={quote(options, safe='')}"
        )

    async def value(self, database: str, question: LiteralString) -> object:
        """The one value of a question of ours, asked as the reader."""
        async with await psycopg.AsyncConnection.connect(self.dsn_of(database)) as connection:
            row = await (await connection.execute(question)).fetchone()
            return row[0] if row else None

    async def ready_reader(self, database: str) -> None:
        """Make the role that reads `database`: all tables and every row, no right to run programs or read files.

        What is restored holds functions of whoever had an account on the live server. Raises psycopg.Error when the
        database does not open.
        """
        role, name = sql.Identifier(READER), sql.Identifier(database)
        # Before 14 there is no such role to be in.
        rights = "BYPASSRLS IN ROLE pg_read_all_data" if self.cluster.install.major >= 14 else "SUPERUSER"
        async with await psycopg.AsyncConnection.connect(self.superuser_dsn(database), autocommit=True) as connection:
            await connection.execute(sql.SQL("CREATE ROLE {} LOGIN ").format(role) + sql.SQL(rights))
            for setting in _CALM:
                if setting != "event_triggers" or self.cluster.install.major >= 17:
                    # From this connection: written out, an empty list of libraries is one with an empty name in it.
                    await connection.execute(
                        sql.SQL("ALTER ROLE {} IN DATABASE {} SET {} FROM CURRENT").format(
                            role, name, sql.Identifier(setting)
                        )
                    )
            await connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, role))


@contextlib.asynccontextmanager
async def folder() -> AsyncIterator[Path]:
    """A folder for a throwaway cluster, gone when the block ends, kill -9 included."""
    use, place = await asyncio.to_thread(reserve)
    try:
        await asyncio.to_thread(_made, place)
        yield place
    finally:
        await asyncio.to_thread(use.leave)


def room_for(needed_bytes: int) -> None:
    """Raise Refused when what is to be restored, and some, does not fit."""
    home = directories.engines()
    free = shutil.disk_usage(home).free
    if free < needed_bytes + _SPARE_BYTES:
        raise Refused(
            reason=f"the drill needs {show('bytes', needed_bytes + _SPARE_BYTES)} in {home}, and {show('bytes', free)} is free",
            needs="Free some space, or set DBCREW_BUILD_DATA to a folder on a larger disk.",
        )


async def start(place: Path, install: Install, user: str, settings: Mapping[str, str]) -> Restored:
    """Start a server on `place/data`, the files of a base backup, with nothing of its old configuration.

    Raises Unreachable when it does not come up; its log is `place/server.log`.
    """
    hba = place / "hba.conf"
    hba.write_text(_HBA)
    hba.chmod(0o644)
    chosen = {
        **LIKE_LIVE,
        "listen_addresses": "",
        "unix_socket_directories": str(place / "socket"),
        "hba_file": str(hba),
        "wal_level": "replica",
        "hot_standby": "off",
        "archive_mode": "off",
        "shared_preload_libraries": "",
        "session_preload_libraries": "",
        "local_preload_libraries": "",
        # A subscription in the backup would go on reading from the real publisher.
        "max_logical_replication_workers": "0",
        "primary_conninfo": "",
        "ssl": "off",
        **({"event_triggers": "off"} if install.major >= 17 else {}),
        **settings,
    }
    cluster = Cluster(place, install, chosen, throwaway=True)
    await asyncio.to_thread(cluster.start)
    restored = Restored(cluster, user)
    await _recovered(restored)
    return restored


async def _recovered(server: Restored) -> None:
    """Wait until it takes connections: without hot standby, pg_ctl calls a server started that still recovers."""
    patience = _ASKED_AGAIN
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(server.superuser_dsn("template1")):
                return
        except psycopg.OperationalError as error:
            if not await asyncio.to_thread(server.cluster.running):
                said = server.cluster.log.read_text(errors="replace").splitlines()
                causes = [line for line in said if ("FATAL:" in line or "PANIC:" in line) and not _EARLY.search(line)]
                raise Unreachable(
                    what="the restored server",
                    where=str(server.cluster.folder),
                    detail=causes[-1].partition("  ")[2] if causes else "it ended while it recovered",
                    next="The backup, or the WAL that it needs, is damaged.",
                ) from error
            if not _EARLY.search(str(error)):  # it may be on its way out
                patience -= 1
                if not patience:
                    raise
        await asyncio.sleep(_ASK_S)


def own(place: Path) -> None:
    """Give a folder and all in it to the server's account, as strictly as the server wants its data."""
    owner = account()
    for current, _, names in os.walk(place):
        os.chmod(current, 0o700)
        owner.own(Path(current))
        for name in names:
            owner.own(Path(current, name))


def _made(place: Path) -> None:
    place.mkdir()
    place.chmod(0o711 if os.geteuid() == 0 else 0o700)
    socket = place / "socket"
    if len(os.fsencode(socket / ".s.PGSQL.65535")) > _LONGEST_SOCKET:
        raise InputError(
            detail=f"The path {socket} is too long for a socket",
            next="Set DBCREW_BUILD_DATA to a folder with a shorter path",
        )
    socket.mkdir(mode=0o700)
    account().own(socket)
