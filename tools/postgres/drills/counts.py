"""What came back, table by table, beside what the live server has now."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from pydantic import BaseModel

from common.errors import DbcrewError
from common.queries import query
from tools.postgres.channel import legible
from tools.postgres.connection import Postgres, Row

PACKAGE = "tools.postgres.drills"
EXACT_ROWS = 100_000
EXACT_BYTES = 256 << 20
"""A live table above either is not counted: its statistics say about how many rows it has."""
_MOST_EXACT = 300
_MOST_TIMES = 100
_COUNT_S = 600.0


class TableCount(BaseModel):
    """One table. `live_exact`: the live rows were counted, not estimated; None: the live server has no such table.

    `newest_*`: the highest value that is not in the future of the time column `newest_by`. `restored_rows` is None when
    the table did not come back, or could not be read to its end (`problem` says which).
    """

    table: str
    restored_rows: int | None = None
    live_rows: int | None = None
    live_exact: bool = False
    newest_by: str = ""
    newest_restored: datetime | None = None
    newest_live: datetime | None = None
    behind_s: float | None = None
    problem: str = ""


async def counted(dsn: str) -> dict[str, TableCount]:
    """Every table of a restored database, read from its first page to its last. Raises psycopg.Error when it is down."""
    found: dict[str, TableCount] = {}
    async with legible(await psycopg.AsyncConnection.connect(dsn, autocommit=True, row_factory=dict_row)) as connection:
        await connection.execute(f"SET statement_timeout = '{_COUNT_S:.0f}s'".encode())
        tables = await (await connection.execute(query(PACKAGE, "tables"))).fetchall()
        for row in tables:
            found[row["table"]] = await _counted(connection, row)
    return found


async def _counted(connection: psycopg.AsyncConnection[Row], row: Row) -> TableCount:
    name = sql.Identifier(row["schema"], row["name"])
    try:
        cursor = await connection.execute(sql.SQL("SELECT count(*) AS number FROM ONLY {}").format(name))
        answer = await cursor.fetchone()
        newest = None
        if row["time_column"]:
            cursor = await connection.execute(_newest(row))
            newest = ((await cursor.fetchone()) or {})["newest"]
    except psycopg.Error as error:
        said = error.diag.message_primary or str(error)
        return TableCount(table=row["table"], problem=said)
    rows = answer["number"] if answer else None
    return TableCount(
        table=row["table"], restored_rows=rows, newest_by=row["time_column"] or "", newest_restored=_utc(newest)
    )


def _newest(row: Row) -> sql.Composed:
    return sql.SQL("SELECT max({column})::timestamptz AS newest FROM ONLY {table} WHERE {column} <= now()").format(
        column=sql.Identifier(row["time_column"]), table=sql.Identifier(row["schema"], row["name"])
    )


async def compared(restored: dict[str, TableCount], live: Postgres, trace: list[str]) -> list[TableCount]:
    """Each table of either side; the live one is counted where it is small, else estimated.

    Raises what Postgres.session raises.
    """
    async with live.session(trace) as session:
        rows = await session.rows(query(PACKAGE, "tables"))
    exact = [
        row for row in rows if row["readable"] and row["estimate"] <= EXACT_ROWS and row["size_bytes"] <= EXACT_BYTES
    ][:_MOST_EXACT]
    numbers = await _live_counts(exact, live, trace)
    found = dict(restored)
    for row in rows:
        name = row["table"]
        one = found.get(name, TableCount(table=name))
        known = numbers.get(name)
        found[name] = one.model_copy(
            update={"live_rows": row["estimate"] if known is None else known, "live_exact": known is not None}
        )
    await _newest_live(found, rows, live, trace)
    return sorted(found.values(), key=lambda one: one.table)


async def _live_counts(rows: Sequence[Row], live: Postgres, trace: list[str]) -> dict[str, int]:
    """Exact counts of small live tables, one short transaction each group; a table that cannot be read is left out."""
    numbers: dict[str, int] = {}
    for row in rows:
        name = sql.Identifier(row["schema"], row["name"])
        try:
            async with live.session(trace, timeout_ms=5_000) as session:
                value = await session.value(sql.SQL("SELECT count(*) FROM ONLY {}").format(name))
        except DbcrewError:  # locked, dropped a moment ago, too slow: the estimate stands
            continue
        numbers[row["table"]] = int(value)
        await asyncio.sleep(0)
    return numbers


async def _newest_live(found: dict[str, TableCount], rows: Sequence[Row], live: Postgres, trace: list[str]) -> None:
    """The newest time in each live table whose time column an index gives, or that is small."""
    asked = 0
    for row in rows:
        one = found[row["table"]]
        cheap = row["indexed"] or (row["estimate"] <= EXACT_ROWS and row["size_bytes"] <= EXACT_BYTES)
        if not (one.newest_restored and one.newest_by == row["time_column"] and row["readable"] and cheap):
            continue
        asked += 1
        if asked > _MOST_TIMES:
            return
        try:
            async with live.session(trace, timeout_ms=5_000) as session:
                newest = _utc(await session.value(_newest(row)))
        except DbcrewError:
            continue
        behind = max(0.0, (newest - one.newest_restored).total_seconds()) if newest else None
        found[row["table"]] = one.model_copy(update={"newest_live": newest, "behind_s": behind})


def _utc(value: datetime | None) -> datetime | None:
    return value.astimezone(UTC) if value else None
