"""The least-privilege role: its SQL, and making it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from common.config.settings import Settings
from common.errors import InputError, Refused, Unreachable
from common.queries import query
from tools.postgres.channel import Row, legible
from tools.postgres.connection import Postgres
from tools.postgres.faults import translate, unreachable
from tools.postgres.place import SECRET, parts, place, quoted
from tools.postgres.rights import require_safe, rights, warnings

ROLE = "dbcrew_reader"
_Part = sql.SQL | sql.Composed


@dataclass(frozen=True)
class Granted:
    """`sql` runs as it stands in psql. `dsn` holds the password only when the role was made. `notes` say what is
    left to know or do: what could not be granted, what the role can do beyond reading, and what an extension would add.
    """

    sql: str
    role: str
    dsn: str
    notes: tuple[str, ...]


async def grant(
    dsn: str, settings: Settings, *, role: str = ROLE, schemas: Sequence[str] = (), apply: bool = False
) -> Granted:
    """The SQL of the least-privilege role `role`, for the administrator's `dsn`; with `apply` it is made and tried.

    It reads the given schemas (all that are not the system's) and sees statistics (pg_monitor); it is not given
    pg_read_all_data, which reads password hashes too. The printed SQL sets no password (`\\password` does, in psql);
    applying sets a new one each time, and only its SCRAM verifier is sent to the server.

    Raises InputError for a schema that is not there, Refused when the administrator may not make roles, Unreachable.
    """
    where = place(dsn)
    try:
        connection = legible(
            await psycopg.AsyncConnection.connect(dsn, autocommit=True, row_factory=dict_row, connect_timeout=10)
        )
    except (psycopg.Error, OSError) as error:
        raise unreachable(error, where) from error
    password = secrets.token_urlsafe(24) if apply else None
    admin = parts(dsn).get("user", "this role")
    try:
        async with connection:
            facts = await _facts(connection, role, schemas)
            required, optional, notes = await _statements(connection, facts, role, None)
            if password is not None:
                sent = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
                to_send, _, _ = await _statements(connection, facts, role, sent.decode())
                notes += await _apply(connection, to_send, optional)
    except psycopg.errors.InsufficientPrivilege as error:
        raise Refused(
            reason=f"{admin} may not make this role: {error.diag.message_primary}",
            needs="Use the DSN of an administrator with CREATEROLE who owns the tables, or have one run the SQL.",
        ) from error
    except psycopg.Error as error:
        raise translate(error, "PostgreSQL", where) from error
    text = "\n".join(part.as_string(None) for part in (*required, *optional))
    made = Granted(_commented(text, facts, role, apply), role, _dsn(dsn, role, password), tuple(notes))
    return await _tried(made, settings) if apply else made


async def _facts(connection: psycopg.AsyncConnection[Row], role: str, schemas: Sequence[str]) -> Row:
    facts = await (await connection.execute(query(__package__, "grant_admin"), {"role": role})).fetchone() or {}
    unknown = sorted(set(schemas) - set(facts["schemas"]))
    if unknown:
        known = ", ".join(facts["schemas"]) or "none"
        raise InputError(detail=f"There is no schema {', '.join(unknown)}", next=f"Schemas here: {known}")
    if facts["role_too_strong"] or role == facts["admin"]:
        raise InputError(detail=f"The role {role} is too strong to be reused", next="Name another with --role")
    return {**facts, "schemas": list(schemas) or facts["schemas"]}


async def _statements(
    connection: psycopg.AsyncConnection[Row], facts: Row, role: str, password: str | None
) -> tuple[list[_Part], list[_Part], list[str]]:
    """What must run, what may fail on a managed server, and what could not even be asked for."""
    name = sql.Identifier(role)
    required: list[_Part] = [
        sql.SQL(query(__package__, "grant")).format(
            role=name,
            role_text=sql.Literal(role),
            database=sql.Identifier(facts["database"]),
            password=sql.SQL(" PASSWORD {}").format(password) if password else sql.SQL(""),
        )
    ]
    read = sql.SQL(query(__package__, "grant_schema" if facts["superuser"] else "grant_schema_owned"))
    schemas: list[_Part] = [
        read.format(
            role=name,
            role_text=sql.Literal(role),
            schema=sql.Identifier(schema),
            schema_text=sql.Literal(quoted(schema)),
        )
        for schema in facts["schemas"]
    ]
    if facts["schemas"] not in ([], ["public"]):
        path = sql.SQL(", ").join(map(sql.Identifier, facts["schemas"]))
        setting = sql.SQL("ALTER ROLE {} IN DATABASE {} SET search_path = {};")
        required.append(setting.format(name, sql.Identifier(facts["database"]), path))
    optional: list[_Part] = [*schemas, sql.SQL("GRANT pg_monitor TO {};").format(name)]
    if "auto_explain" in (facts["preloaded"] or "") and facts["superuser"]:
        # It fails on plans over hypothetical indexes, and only a superuser may switch it off.
        optional.append(sql.SQL("ALTER ROLE {} SET auto_explain.log_min_duration = -1;").format(name))
    notes = []
    owners = await connection.execute(query(__package__, "grant_owners"), {"schemas": facts["schemas"]})
    for row in await owners.fetchall():
        if row["may"]:
            future = sql.SQL(query(__package__, "grant_future"))
            optional.append(
                future.format(owner=sql.Identifier(row["owner"]), schema=sql.Identifier(row["schema"]), role=name)
            )
        else:
            notes.append(
                f"New tables of {row['owner']} in {row['schema']} will not be readable, because {facts['admin']} is not"
                f" a member of {row['owner']}: run this again after making tables."
            )
    return required, optional, notes


async def _apply(
    connection: psycopg.AsyncConnection[Row], required: Sequence[_Part], optional: Sequence[_Part]
) -> list[str]:
    notes = []
    async with connection.transaction():
        for part in required:
            await connection.execute(part)
        for part in optional:
            try:
                async with connection.transaction():
                    await connection.execute(part)
            except psycopg.Error as error:
                first = part.as_string(None).splitlines()[0]
                notes.append(f"Not granted: {first} ({error.diag.message_primary}).")
    return notes


async def _tried(made: Granted, settings: Settings) -> Granted:
    """Connect as the new role and see that it can do nothing but read."""
    try:
        async with await Postgres.connect(made.dsn, settings) as server, server.session() as session:
            found = await rights(session)
    except Unreachable as error:
        return Granted(made.sql, made.role, made.dsn, (*made.notes, f"The role was made but not tried: {error}"))
    require_safe(found, made.dsn)
    notes = [*made.notes, *warnings(found)]
    if found.temporary_tables:
        notes.append("It could make temporary tables, as PUBLIC can; its transactions being read-only, it does not.")
    unread = [
        f"{schema} ({total - some} of {total})" for schema, (some, total) in found.readable.items() if some < total
    ]
    if unread:
        notes.append(f"It cannot read every table: {', '.join(unread)}.")
    return Granted(made.sql, made.role, made.dsn, tuple(notes))


def _commented(text: str, facts: Row, role: str, applied: bool) -> str:
    lines = [text]
    if not applied:
        lines.append(f"-- Give it a password, in psql: \\password {role}")
    lines += [
        f"-- {line}"
        for name, line in (
            ("pg_stat_statements", "CREATE EXTENSION pg_stat_statements;  -- shows which statements take the time"),
            ("hypopg", "CREATE EXTENSION hypopg;  -- tries indexes without building them"),
        )
        if name in facts["available"] and name not in facts["extensions"]
    ]
    if "pg_stat_statements" not in (facts["preloaded"] or ""):
        lines.append("-- pg_stat_statements needs shared_preload_libraries = 'pg_stat_statements' and a restart.")
    return "\n".join(lines)


def _dsn(admin: str, role: str, password: str | None) -> str:
    found = {
        name: value for name, value in parts(admin).items() if name not in (*SECRET, "passfile", "user", "options")
    }
    host = found.get("host", "")
    if not host or host.startswith(("/", "@")) or "," in host:
        return make_conninfo("", **found, user=role, **({"password": password} if password else {}))
    host, port, database = found.pop("host"), found.pop("port", "5432"), found.pop("dbname", role)
    host = f"[{host}]" if ":" in host else host
    user = quote(role, safe="") + (f":{quote(password, safe='')}" if password else "")
    more = f"?{urlencode(found)}" if found else ""
    return f"postgresql://{user}@{host}:{port}/{quote(database, safe='')}{more}"
