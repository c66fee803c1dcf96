"""A dump loaded by a role that is no superuser: what the dump's own text does, it does with the rights of that role alone.

A dump runs what its database holds: functions in CHECK constraints and index expressions, and whatever an edited plain
dump says. As superuser that is a program on this machine (COPY … TO PROGRAM) for whoever owned a table on the live server.
"""

import asyncio
import re
import secrets
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from common.engines import Cluster
from common.engines.installs import Install
from tools.postgres.drills.backup import Backup, Kind
from tools.postgres.drills.compressed import opened
from tools.postgres.drills.needs import Needs, needs_of
from tools.postgres.drills.programs import run
from tools.postgres.rehearsal.schema import HARMLESS

_PREDEFINED = re.compile(r"pg_")
_OWNER = re.compile(r"must be (able to SET ROLE|(a )?member of role)")
_RIGHTS = re.compile(
    r"permission denied (to|for language|for function|for parameter|for foreign)|must be (a )?superuser"
    r"|must be owner of (extension|event trigger|database|language|foreign)|[Oo]nly (roles with|superuser)"
    r'|superuser (privilege|is required)|(foreign-data wrapper|server|language|event trigger|publication) ".*" does not exist'
)


@dataclass(frozen=True)
class Loader:
    """The role that owns the throwaway database. `withheld` are extensions that were not made for it."""

    role: str
    secret: str = field(repr=False)
    withheld: tuple[str, ...]
    made_schemas: frozenset[str]

    def reader(self, cluster: Cluster, database: str) -> str:
        """How it reaches a database of the cluster to read what came back.

        The database's own path may put another now() or max() before the real ones.
        """
        calm = "-c search_path=pg_catalog -c default_transaction_read_only=on"
        return make_conninfo(cluster.dsn_of(database), user=self.role, password=self.secret, options=calm)

    def environment(self, cluster: Cluster) -> dict[str, str]:
        """The same for pg_restore and psql."""
        return {
            "PGHOST": str(conninfo_to_dict(cluster.dsn)["host"]),
            "PGPORT": str(cluster.port),
            "PGUSER": self.role,
            "PGPASSWORD": self.secret,
            "PGSSLMODE": "disable",
        }

    def sorted_out(self, errors: Iterable[str]) -> tuple[list[str], list[str]]:
        """Errors of the dump, and those that only say that this role is no superuser, worded as the server did."""
        real: list[str] = []
        left_out: list[str] = []
        for line in errors:
            said = line.partition("ERROR:  ")[2]
            if _OWNER.search(said):
                left_out.append("owners: here one role owns everything")
            elif said and _RIGHTS.search(said):
                left_out.append(said)
            elif not any(said == f'schema "{name}" already exists' for name in self.made_schemas):
                real.append(line)
        return real, list(dict.fromkeys(left_out))


async def read_needs(backup: Backup, install: Install) -> Needs:
    """What the dump's definitions ask for; nothing where they cannot be read, which the restore itself will say."""
    if backup.kind is Kind.PLAIN:
        return await asyncio.to_thread(_read, backup.path)
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "definitions.sql")
        await run(install, "pg_restore", "--schema-only", f"--file={text}", backup.path)
        return await asyncio.to_thread(_read, text)


async def make_loader(cluster: Cluster, database: str, live_roles: Sequence[str], needs: Needs) -> Loader:
    """Make the database, its owner, the live server's roles as plain ones, and the harmless extensions of the dump.

    The owner may run no programs and read no files of the server. It passes row level security by, so that it counts
    every row: that lets it see no more than it owns. Extensions are made while the database is still empty.
    """
    role, secret = "dbcrew_drill_" + secrets.token_hex(4), secrets.token_urlsafe(18)
    owner, name = sql.Identifier(role), sql.Identifier(database)
    async with await psycopg.AsyncConnection.connect(cluster.dsn, autocommit=True) as connection:
        for each in live_roles:
            if not _PREDEFINED.match(each):
                await connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(each)))
        # CREATEDB for a dump of a whole cluster; never CREATEROLE, which up to 15 may grant itself pg_execute_server_program.
        await connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEROLE CREATEDB BYPASSRLS PASSWORD {}").format(
                owner, sql.Literal(secret)
            )
        )
        await connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 OWNER {}").format(name, owner))
        for usual in ("postgres", "template1"):
            await connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(usual), owner))
    schemas = []
    withheld = []
    async with await psycopg.AsyncConnection.connect(cluster.dsn_of(database), autocommit=True) as connection:
        for extension, schema in sorted(needs.extensions.items()):
            if extension not in HARMLESS:
                withheld.append(extension)
                continue
            into = sql.Composed([])
            if schema and not _PREDEFINED.match(schema):
                if schema != "public" and schema not in schemas:
                    statement = sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}")
                    await connection.execute(statement.format(sql.Identifier(schema), owner))
                    schemas.append(schema)
                into = sql.SQL(" SCHEMA {}").format(sql.Identifier(schema))
            try:
                await connection.execute(
                    sql.SQL("CREATE EXTENSION IF NOT EXISTS {}{} CASCADE").format(sql.Identifier(extension), into)
                )
            except psycopg.DatabaseError:  # not on this machine, or not here: the dump's own statement will say so
                continue
    return Loader(role, secret, tuple(withheld), frozenset(schemas))


def _read(path: Path) -> Needs:
    try:
        with opened(path) as file:
            return needs_of(file)
    except (EOFError, OSError):
        return Needs()
