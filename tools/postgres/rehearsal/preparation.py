"""An empty copy made ready: the live server's roles, database and settings, and no superuser among them."""

import secrets

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tools.postgres.rehearsal.scope import Scope

KEEPER = "dbcrew_keeper"
REHEARSER = "dbcrew_rehearsal"
_SAME = ("host", "port", "sslmode", "gssencmode")
"""What every connection to the throwaway server takes from the first."""


async def prepare(bootstrap: str, scope: Scope, missing: list[str]) -> tuple[str, str, str]:
    """Roles, database and settings as on the live server. Returns the DSNs of keeper and rehearser, and the database.

    No role of the live server is a superuser here, whatever it is there, and the bootstrap superuser gives up its name:
    functions that belong to `postgres` on the live server must not run as one on the copy.
    """
    keeper_secret, secret = secrets.token_urlsafe(18), secrets.token_urlsafe(18)
    database = scope.server["database"]
    address = {name: value for name, value in conninfo_to_dict(bootstrap).items() if name in _SAME}
    async with await psycopg.AsyncConnection.connect(bootstrap, autocommit=True) as connection:
        await connection.execute(
            sql.SQL("CREATE ROLE {} SUPERUSER LOGIN PASSWORD {}").format(
                sql.Identifier(KEEPER), sql.Literal(keeper_secret)
            )
        )
    keeper = {**address, "user": KEEPER, "password": keeper_secret}
    async with await psycopg.AsyncConnection.connect(
        make_conninfo("", **keeper, dbname="template1"), autocommit=True
    ) as connection:
        await connection.execute(
            sql.SQL("ALTER ROLE postgres RENAME TO {}").format(sql.Identifier("dbcrew_" + secrets.token_hex(6)))
        )
        for role in scope.roles:
            name = sql.Identifier(role["name"])
            bypass = sql.SQL("BYPASSRLS" if role["bypassrls"] else "NOBYPASSRLS")
            await connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN {}").format(name, bypass))
        known = {role["name"] for role in scope.roles}
        for role in scope.roles:
            for group in known.intersection(role["member_of"]):
                await connection.execute(
                    sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(role["name"]))
                )
        await connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE pg_read_all_data, pg_write_all_data").format(
                sql.Identifier(REHEARSER), sql.Literal(secret)
            )
        )
        for role in scope.roles:
            await connection.execute(
                sql.SQL("GRANT {} TO {}").format(sql.Identifier(role["name"]), sql.Identifier(REHEARSER))
            )
        await _database(connection, scope, missing)
    place = {"dbname": database}
    return (
        make_conninfo("", **keeper, **place),
        make_conninfo("", **address, user=REHEARSER, password=secret, **place),
        database,
    )


async def _database(connection: psycopg.AsyncConnection, scope: Scope, missing: list[str]) -> None:
    server = scope.server
    name = sql.Identifier(server["database"])
    await connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
    start = sql.SQL("CREATE DATABASE {} TEMPLATE template0 OWNER {} ENCODING {}").format(
        name, sql.Identifier(server["owner"]), sql.Literal(server["encoding"])
    )
    if connection.info.server_version >= 150_000:
        # The other way writes every page to the log, for a server that is gone soon.
        start += sql.SQL(" STRATEGY file_copy")
    locale = sql.SQL(" LC_COLLATE {} LC_CTYPE {}").format(sql.Literal(server["collate"]), sql.Literal(server["ctype"]))
    plain = sql.SQL(" LC_COLLATE 'C' LC_CTYPE 'C'")
    try:
        await connection.execute(start + locale)
        if server["provider"] != "c":
            missing.append("the database's collation provider: the copy sorts by the C library")
    except psycopg.DatabaseError:
        await connection.execute(start + plain)
        missing.append(f"the collation {server['collate']}: not on this machine, the copy sorts by bytes")
    # A list of names: as one literal it would be one name.
    await connection.execute("SELECT set_config('search_path', %s, false)", (server["search_path"],))
    await connection.execute(sql.SQL("ALTER DATABASE {} SET search_path FROM CURRENT").format(name))
    given = [tuple(each.split("=", 1)) for each in server["settings"]]
    changes = {
        setting: sql.SQL("ALTER DATABASE {} SET {} = {}").format(name, sql.Identifier(setting), sql.Literal(value))
        for setting, value in [*(each for each in given if each[0] != "search_path"), *scope.planner.items()]
    }
    try:
        await connection.execute(sql.SQL("; ").join(changes.values()))
    except psycopg.DatabaseError:  # one of them, which takes the others with it
        for setting, change in changes.items():
            try:
                await connection.execute(change)
            except psycopg.DatabaseError as error:
                if setting not in scope.planner:
                    missing.append(f"setting {setting}: {(error.diag.message_primary or '').strip()}")
