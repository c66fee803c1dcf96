"""The definitions: pg_dump from the live server, replayed on the copy."""

import asyncio
import os
import re
import tempfile
import time
from collections.abc import Iterator, Sequence

import psycopg
from pglast import split
from pglast.parser import ParseError

from common.engines import embedded
from common.errors import EngineDied, InputError, Locked, TimedOut
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.reader import without_password
from tools.postgres.rehearsal.scope import Scope

_ODD_BYTE = re.compile("[\udc80-\udcff]")
_RESTRICT = re.compile(r"^\\(un)?restrict \S+$", re.MULTILINE)
EXTENSION = re.compile(r"CREATE EXTENSION (?:IF NOT EXISTS )?(\"?)([\w-]+)\1", re.IGNORECASE)
"""CREATE EXTENSION; the second group is its name."""
_NOT_OURS = re.compile(
    r"\s*(SET transaction_timeout|COMMENT ON EXTENSION|CREATE EVENT TRIGGER|ALTER EVENT TRIGGER|"
    r"COMMENT ON EVENT TRIGGER|CREATE SERVER|CREATE USER MAPPING|CREATE FOREIGN|ALTER SERVER|"
    r"ALTER FOREIGN|CREATE SCHEMA public;?$)",
    re.IGNORECASE,
)
_ATTRIBUTE_OPTIONS = re.compile(r"(ALTER TABLE [^\n]* ALTER COLUMN [^\n]* SET \()([^()]*)(\);?)\s*\Z")
_OWN_OPTION = re.compile(r"pg_attver='?\d+'?")
"""What some minor versions of PostgreSQL 15 note down of each column by themselves, pg_dump prints and other versions refuse."""
_LOST = re.compile(
    r"connection to server .* failed|server closed the connection|terminating connection|no connection to"
)
"""What pg_dump says when the server is not there, or is there no more."""
_LOCK_S = 2
_WAITED = re.compile(r"canceling statement due to lock timeout|LOCK TABLE .* ACCESS SHARE MODE", re.DOTALL)
"""What pg_dump says when it waited that long: it prints no SQLSTATE, and the server's words may be in any language."""
_HARMLESS = (
    "amcheck autoinc bloom btree_gin btree_gist citext cube dict_int dict_xsyn earthdistance fuzzystrmatch hstore"
    " hypopg insert_username intagg intarray isn lo ltree moddatetime pg_buffercache pg_freespacemap pg_stat_statements"
    " pg_trgm pg_visibility pgcrypto pgrowlocks pgstattuple plpgsql postgis refint seg tablefunc tcn tsm_system_rows"
    " tsm_system_time unaccent uuid-ossp vector"
)
_ON_ITS_OWN = re.compile(
    r"(--[^\n]*\n|\s)*(CREATE (UNIQUE )?INDEX|ALTER TABLE [^;]* ADD CONSTRAINT|REFRESH) ", re.IGNORECASE
)
"""Takes long where rows are: not to be run twice because another one failed."""
_LOT = 100
"""Definitions that are sent together: each takes locks, of which a server has a few thousand."""
HARMLESS = frozenset(_HARMLESS.split())
"""Extensions that reach neither files nor other servers. Others stay away from the copy, where text that nobody has
judged runs."""


class Definitions:
    """The definitions, in the two halves that pg_dump knows, and the statistics where they can be carried."""

    def __init__(self, before_rows: list[str], after_rows: list[str], statistics: list[str]) -> None:
        self.before_rows = before_rows
        self.after_rows = after_rows
        self.statistics = statistics


async def definitions_of(postgres: Postgres, scope: Scope, *, limit_s: float, statistics: bool) -> Definitions:
    """Dump what is in scope, as the role we were given. The password goes through the environment, never argv.

    Raises TimedOut when the dump takes longer than a snapshot may be held, InputError with pg_dump's own words when it
    fails.
    """
    install = await asyncio.to_thread(embedded)
    program = install.program("pg_dump")
    target, secret = without_password(postgres.dsn)
    environment = {
        **{name: value for name, value in os.environ.items() if name.startswith("PG")},
        **install.environment,
        **secret,
        "HOME": os.environ.get("HOME", "/"),
        "PGAPPNAME": "dbcrew copy",
    }
    with tempfile.NamedTemporaryFile("w", suffix=".filter", encoding="utf-8") as exclusions:
        for name in scope.left_out:
            if "\n" not in f"{name.schema}{name.name}":
                exclusions.write(f"exclude table {name.identifier.as_string()}\n")
        exclusions.flush()
        common = [
            str(program), "-d", target, "--no-password", "--no-tablespaces", "--no-publications", "--no-subscriptions",
            f"--lock-wait-timeout={_LOCK_S * 1000}", f"--filter={exclusions.name}",
        ]  # fmt: skip
        wanted = [
            [*common, "--schema-only", "--section=pre-data"],
            [*common, "--schema-only", "--section=post-data"],
        ]
        if statistics:
            wanted.append([*common, "--statistics-only"])
        texts = await asyncio.gather(*(_output(command, environment, limit_s) for command in wanted))
    parts = [await asyncio.to_thread(_statements, text) for text in texts]
    return Definitions(parts[0], parts[1], parts[2] if statistics else [])


async def replay(
    connection: psycopg.AsyncConnection, statements: Sequence[str], missing: list[str], *, orphans: bool = False
) -> None:
    """Run the statements on the copy; what fails twice goes into `missing` with the server's reason.

    With `orphans`, foreign keys to tables that stayed away on purpose are passed over.
    """
    failed: list[tuple[str, str]] = []
    for lot in _lots(_ours(statements, missing)):
        if len(lot) > 1 and await _try(connection, "\n;\n".join(lot)) is None:
            continue
        for statement in lot:
            error = await _try(connection, statement)
            if error is not None and (extension := EXTENSION.match(statement)):
                missing.append(f"extension {extension[2]}: not on this machine")
            elif error is not None:
                failed.append((statement, error))
    for statement, _ in failed:
        error = await _try(connection, statement)
        if error is not None and not (orphans and " FOREIGN KEY (" in statement and "does not exist" in error):
            missing.append(f"{_head(statement)}: {error}")


def _ours(statements: Sequence[str], missing: list[str]) -> Iterator[str]:
    """Those that belong on a copy; an extension that does not goes into `missing`."""
    for whole in statements:
        statement = _without_own_options(whole)
        extension = EXTENSION.match(statement)
        if extension and extension[2] not in HARMLESS:
            missing.append(f"extension {extension[2]}: not put on a copy, it may reach files or other servers")
        elif statement and not _NOT_OURS.match(statement):
            yield statement


def _lots(statements: Iterator[str]) -> Iterator[list[str]]:
    """Statements that go to the server together; one that fails takes its lot with it, so those that take long go alone."""
    lot: list[str] = []
    for statement in statements:
        alone = bool(EXTENSION.match(statement) or _ON_ITS_OWN.match(statement))
        if lot and (alone or len(lot) == _LOT):
            yield lot
            lot = []
        lot.append(statement)
        if alone:
            yield lot
            lot = []
    if lot:
        yield lot


async def _try(connection: psycopg.AsyncConnection, text: str) -> str | None:
    try:
        # The bytes that pg_dump wrote, which are in the database's encoding.
        await connection.execute(text.encode("utf-8", "surrogateescape"))
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:
        return (error.diag.message_primary or str(error)).strip()
    return None


def _without_own_options(statement: str) -> str:
    """The statement without options of columns that the server sets by itself; empty when it sets nothing else."""
    found = _ATTRIBUTE_OPTIONS.search(statement) if "pg_attver" in statement else None
    if found is None:
        return statement
    kept = [each.strip() for each in found[2].split(",") if not _OWN_OPTION.fullmatch(each.strip())]
    return f"{statement[: found.start()]}{found[1]}{', '.join(kept)}{found[3]}" if kept else ""


async def _output(command: list[str], environment: dict[str, str], limit_s: float) -> str:
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(limit_s):
            out, err = await process.communicate()
    except TimeoutError:
        raise TimedOut(
            what="Reading the definitions with pg_dump",
            seconds=limit_s,
            next="Raise DBCREW_COPY_CHUNK_S and try again.",
        ) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        said = [line for line in err.decode(errors="replace").splitlines() if line.strip()]
        detail = " ".join((said or ["it gave no reason"])[:2])
        if _LOST.search(err.decode(errors="replace")):
            raise EngineDied(what="PostgreSQL", where="the address given", detail=detail)
        if _WAITED.search(err.decode(errors="replace")) and time.monotonic() - began >= _LOCK_S:
            raise Locked(what="Waiting for a lock", seconds=_LOCK_S, next="Try again when it is free.")
        raise InputError(detail=f"The definitions cannot be read: {detail}", next="Mend that and ask again")
    return _RESTRICT.sub("", out.decode("utf-8", errors="surrogateescape"))


def _statements(text: str) -> list[str]:
    # The parser takes UTF-8 only; a character in place of each odd byte keeps every position.
    readable = _ODD_BYTE.sub("\ufffd", text)
    try:
        parts = split(readable, only_slices=True)
    except ParseError:
        parts = split(readable, with_parser=False, only_slices=True)
    return [text[part] for part in parts]


def _head(statement: str) -> str:
    words = " ".join(line for line in statement.splitlines() if not line.startswith("--")).split()
    return " ".join(words[:6])
