"""The statements that the live server runs most on the tables of a migration, timed on the copy before and after it."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from common.errors import DbcrewError, NoData
from tools.postgres.advise.values import fill
from tools.postgres.advise.workload import Item, from_statements
from tools.postgres.channel import Utf8Cursor
from tools.postgres.connection import Postgres, Session
from tools.postgres.plans.names import tables_in
from tools.postgres.plans.reading import read
from tools.postgres.plans.schema import Params, schema_of
from tools.postgres.rehearsal.copy import Copy
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.stopwatch import Timed, prepared, timed

MOST = 8
"""So many statements are looked at, those that take most of the server's time."""
_OFTEN = 10
"""Called less often, a statement is not one that the server runs most."""
_LIMIT = "5s"
_BUDGET_S = 15.0
_RUNS = 3
BESIDE_MS = 100.0
"""Statements faster than this run beside the migration, too."""


@dataclass(frozen=True)
class Served:
    """One statement of the live server: its text there, and with values in it, as it runs on the copy."""

    text: str
    calls: int
    mean_ms: float
    """On the live server."""
    tables: tuple[QualifiedName, ...]
    sql: str
    before: Timed


@dataclass(frozen=True)
class Again:
    """The same statement after the migration; `after` is None when it no longer runs, and `error` says why."""

    served: Served
    after: Timed | None
    error: str = ""
    sqlstate: str = ""


class _Reader:
    """The copy's catalogue and statistics, for who reads those of a live server elsewhere."""

    def __init__(self, connection: psycopg.AsyncConnection) -> None:
        self._connection = connection

    async def rows(self, statement: str, params: Params = None, /) -> list[dict[str, Any]]:
        """All rows, as dictionaries."""
        async with self._connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(_literal(statement), params)
            return await cursor.fetchall()


async def served(
    postgres: Postgres, copy: Copy, tables: Sequence[QualifiedName], trace: list[str]
) -> tuple[list[Served], list[str]]:
    """The live server's busiest statements on `tables` that run on the copy, the heaviest first; why there are none.

    Their values are taken from the copy's statistics.
    """
    try:
        async with postgres.session(trace) as session:
            items = (await from_statements(session)).items
            ours = await _ours(session)
            path = await session.value("SELECT current_setting('search_path')")
    except NoData as error:
        return [], [f"the statements that this server runs: {error}"]
    found: list[Served] = []
    until = time.monotonic() + _BUDGET_S
    async with await copy.connect() as keeper, await copy.connect_as_owner() as reader:
        reader.cursor_factory = Utf8Cursor  # values of the copy's own are not to be masked once more
        await reader.execute("SELECT set_config('search_path', %s, false)", (path,))
        await keeper.execute("SELECT set_config('search_path', %s, false)", (path,))
        await reader.execute(f"SET statement_timeout = '{_LIMIT}'")
        for item in items:
            if len(found) == MOST or time.monotonic() > until:
                break
            if (item.calls or 0) < _OFTEN or item.text in ours:
                continue
            try:
                one = await _served(item, copy, set(tables), keeper, reader)
            except (DbcrewError, psycopg.DatabaseError):
                continue  # it needs what the copy has not: nothing can be said of it
            if one is not None:
                found.append(one)
    return found, []


async def again(copy: Copy, statements: Sequence[Served]) -> list[Again]:
    """The same statements once more, after the migration and an ANALYZE of their tables."""
    found = []
    async with await copy.connect() as keeper, await copy.connect_as_owner() as reader:
        reader.cursor_factory = Utf8Cursor  # values of the copy's own are not to be masked once more
        for table in {table for one in statements for table in one.tables}:
            with suppress(psycopg.DatabaseError):  # it may be gone
                await keeper.execute(sql.SQL("VACUUM ANALYZE {}").format(table.identifier))
        await reader.execute(f"SET statement_timeout = '{_LIMIT}'")
        for one in statements:
            try:
                after = await timed(reader, prepared(one.sql, ()), runs=1)
                if after.shape != one.before.shape:
                    after = await timed(reader, prepared(one.sql, ()), runs=_RUNS)
                found.append(Again(one, after))
            except psycopg.DatabaseError as error:
                found.append(Again(one, None, (error.diag.message_primary or str(error)).strip(), error.sqlstate or ""))
    return found


async def _served(
    item: Item,
    copy: Copy,
    tables: set[QualifiedName],
    keeper: psycopg.AsyncConnection,
    reader: psycopg.AsyncConnection,
) -> Served | None:
    if item.text.lstrip().lower().startswith("insert"):
        return None
    schema = await schema_of(tables_in(item.text), _Reader(keeper), copy.version)
    named = {QualifiedName(each.schema, each.name) for each in schema.tables.values()}
    if not named & tables:
        return None
    text = fill(read(item.text, schema)).sql
    before = await timed(reader, prepared(text, ()), runs=_RUNS)
    calls = item.calls or 0
    return Served(item.text, calls, (item.total_ms or 0.0) / max(1, calls), tuple(sorted(named)), text, before)


async def _ours(session: Session) -> frozenset[str]:
    """What only the role that looks has run: its own looking is not the application's work."""
    rows = await session.rows(
        "SELECT query FROM pg_stat_statements GROUP BY query"
        " HAVING bool_and(userid = (SELECT oid FROM pg_roles WHERE rolname = current_user))"
    )
    return frozenset(str(row["query"]) for row in rows)


def _literal(text: str) -> LiteralString:
    """A query of ours from a file; psycopg's type asks for a literal."""
    return text
