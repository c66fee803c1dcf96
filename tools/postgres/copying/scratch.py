"""A scratch server of the user's own to make copies on: looked at before anything is written, cleared afterwards.

It is marked by a schema that the role of `postgresql_copy_dsn` owns: `CREATE SCHEMA dbcrew_scratch`, in the database that
the DSN names. Each copy is a database and a role of its own there, `dbcrew_copy_…`; while it is in use its maker holds an
advisory lock, which goes with the connection. What was left by a maker that was killed is dropped by the next one.
"""

import secrets
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from common.errors import Refused
from common.queries import query
from tools.postgres.connection import Postgres
from tools.postgres.faults import is_lost, translate, unreachable
from tools.postgres.place import place
from tools.postgres.rehearsal.schema import EXTENSION, HARMLESS
from tools.postgres.rehearsal.scope import Scope

MARK = "dbcrew_scratch"
PREFIX = "dbcrew_copy_"
_HERE = "tools.postgres.copying"


@dataclass(frozen=True)
class Scratch:
    """A database on a scratch server. `dsn` is the role of the user's own, `owner_dsn` one that owns this database alone."""

    dsn: str = field(repr=False)
    owner_dsn: str = field(repr=False)
    database: str
    server_version: str


@asynccontextmanager
async def scratch(dsn: str, postgres: Postgres, scope: Scope, missing: list[str]) -> AsyncIterator[Scratch]:
    """An empty database on the scratch server, gone when the block ends.

    Raises Refused without the mark or when it is the live server, Unreachable when it does not answer, EngineDied when it
    ends while the block runs.
    """
    async with await _connected(dsn) as holder:
        await _allowed(holder, postgres, place(dsn))
        await _clear(holder)
        name = PREFIX + secrets.token_hex(6)
        await holder.execute("SELECT pg_advisory_lock(%s)", (_number(name),))
        try:
            yield await _made(holder, dsn, name, scope, missing)
        except psycopg.OperationalError as error:
            if is_lost(error):
                raise translate(error, "the scratch server", place(dsn)) from error
            raise
        finally:
            with suppress(psycopg.OperationalError):  # it is gone; the next copy there drops what is left
                await _drop(holder, name)


async def require_rehearsal(dsn: str, postgres: Postgres) -> None:
    """Raise Refused when the role there may not do what a rehearsal does and other uses of a copy do not.

    The clients beside the migration must not fire triggers, and be the ones that give way in a deadlock: both settings
    are a superuser's, or since PostgreSQL 15 of whom one grants them to. Otherwise raises as `scratch`.
    """
    where = place(dsn)
    async with await _connected(dsn) as holder:
        await _allowed(holder, postgres, where)
        try:
            await holder.execute("SET session_replication_role = replica; SET deadlock_timeout = '20ms'")
        except psycopg.errors.InsufficientPrivilege as error:
            name = sql.Identifier(holder.info.user).as_string()
            grants = holder.info.server_version >= 150_000
            command = (
                f"GRANT SET ON PARAMETER session_replication_role, deadlock_timeout TO {name};"
                if grants
                else f"ALTER ROLE {name} SUPERUSER;"
            )
            raise Refused(
                reason=f"The role {holder.info.user} of the scratch server {where} may not set session_replication_role and"
                " deadlock_timeout, as a rehearsal must",
                needs=f"Nothing was written. Run there, as a superuser: {command}",
            ) from error


async def _connected(dsn: str) -> psycopg.AsyncConnection:
    try:
        return await psycopg.AsyncConnection.connect(
            dsn, autocommit=True, application_name="dbcrew copy", connect_timeout=10
        )
    except (psycopg.Error, OSError) as error:
        raise unreachable(error, place(dsn)) from error


async def _allowed(holder: psycopg.AsyncConnection, postgres: Postgres, where: str) -> None:
    row = await (await holder.execute(query(_HERE, "mark"))).fetchone()
    assert row is not None
    owned, role, identity, database, makes = row
    async with postgres.session() as session:
        live = await session.row(query(_HERE, "identity"))
    assert live is not None
    if identity == live["identity"]:
        raise Refused(
            reason=f"The scratch server {where} is the live server itself",
            needs="Nothing was written. Name another server in DBCREW_POSTGRESQL_COPY_DSN.",
        )
    name = sql.Identifier(str(role)).as_string()
    if not owned:
        raise Refused(
            reason=f"The server {where} is not marked as one where copies may be made",
            needs=f"Nothing was written. If it is a scratch server, run there, in the database {database}:"
            f" CREATE SCHEMA {MARK} AUTHORIZATION {name};",
        )
    if not makes:
        raise Refused(
            reason=f"The role {role} of the scratch server {where} may not make databases and roles",
            needs=f"Run there: ALTER ROLE {name} CREATEDB CREATEROLE;",
        )


async def _clear(holder: psycopg.AsyncConnection) -> None:
    """Drop what makers that are gone have left."""
    rows = await holder.execute(query(_HERE, "leftovers"), {"prefix": PREFIX.replace("_", r"\_") + "%"})
    for (name,) in await rows.fetchall():
        free = await (await holder.execute("SELECT pg_try_advisory_lock(%s)", (_number(name),))).fetchone()
        if free is not None and free[0]:
            await _drop(holder, name)
            await holder.execute("SELECT pg_advisory_unlock(%s)", (_number(name),))


async def _drop(holder: psycopg.AsyncConnection, name: str) -> None:
    await holder.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    await holder.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


async def _made(holder: psycopg.AsyncConnection, dsn: str, name: str, scope: Scope, missing: list[str]) -> Scratch:
    secret = secrets.token_urlsafe(18)
    role = sql.Identifier(name)
    await holder.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(secret)))
    await holder.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    start = sql.SQL("CREATE DATABASE {} TEMPLATE template0 OWNER {} ENCODING {}").format(
        role, role, sql.Literal(scope.server["encoding"])
    )
    locale = sql.SQL(" LC_COLLATE {} LC_CTYPE {}").format(
        sql.Literal(scope.server["collate"]), sql.Literal(scope.server["ctype"])
    )
    try:
        await holder.execute(start + locale)
    except psycopg.DatabaseError:
        await holder.execute(start + sql.SQL(" LC_COLLATE 'C' LC_CTYPE 'C'"))
        missing.append(f"the collation {scope.server['collate']}: not on the scratch server, the copy sorts by bytes")
    await holder.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(role))
    for setting, value in scope.planner.items():
        try:
            await holder.execute(
                sql.SQL("ALTER DATABASE {} SET {} = {}").format(role, sql.Identifier(setting), sql.Literal(value))
            )
        except psycopg.DatabaseError:
            continue
    missing.append("owners, roles and privileges: on a scratch server one role owns all of a copy")
    parts = {
        key: value
        for key, value in conninfo_to_dict(dsn).items()
        if key not in ("dbname", "user", "password", "passfile")
    }
    return Scratch(
        dsn=make_conninfo(dsn, dbname=name),
        owner_dsn=make_conninfo("", **parts, dbname=name, user=name, password=secret),
        database=name,
        server_version=holder.info.parameter_status("server_version") or "",
    )


def for_one_role(statements: Sequence[str]) -> tuple[list[str], list[str]]:
    """Definitions split into what the user's role must run (extensions) and what the copy's own role runs.

    Who owns what and who may do what stays behind: the roles of the live server are not on the scratch server.
    """
    extensions, rest = [], []
    for statement in statements:
        text = "\n".join(line for line in statement.splitlines() if not line.startswith("--")).strip()
        found = EXTENSION.match(text)
        if found:
            extensions += [statement] if found[2] in HARMLESS else []
        elif not (" OWNER TO " in text or text.startswith(("GRANT ", "REVOKE ", "ALTER DEFAULT PRIVILEGES"))):
            rest.append(statement)
    return extensions, rest


def _number(name: str) -> int:
    return zlib.crc32(name.encode())
