"""What the copy holds at one moment, catalogue and data, so that two moments can be compared."""

from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from common.queries import query
from tools.postgres.channel import Row
from tools.postgres.rehearsal.names import QualifiedName


@dataclass(frozen=True)
class Digest:
    """The rows of a table: how many, a sum of hashes that no order changes, and one such sum a column."""

    rows: int
    whole: str
    columns: dict[str, str]
    filled: dict[str, int]
    """How many values of each column are not NULL."""


@dataclass(frozen=True)
class Snapshot:
    """Catalogue facts by object, and the digest of every table."""

    catalogue: dict[str, Row]
    data: dict[QualifiedName, Digest]


async def snapshot(keeper: psycopg.AsyncConnection) -> Snapshot:
    """Take one, as superuser of the copy. Reads every row: seconds for a million."""
    async with keeper.transaction(), keeper.cursor(row_factory=dict_row) as cursor:
        await cursor.execute("SET LOCAL search_path = ''; SET LOCAL quote_all_identifiers = off")
        await cursor.execute(query("tools.postgres.rehearsal", "catalogue"))
        catalogue = {row["name"]: row["fact"] for row in await cursor.fetchall()}
        await cursor.execute(query("tools.postgres.rehearsal", "tables"))
        tables = await cursor.fetchall()
        data = {
            QualifiedName(row["schema"], row["name"]): await _digest(
                cursor, QualifiedName(row["schema"], row["name"]), row["columns"]
            )
            for row in tables
        }
    return Snapshot(catalogue, data)


async def _digest(cursor: psycopg.AsyncCursor[Row], name: QualifiedName, columns: list[str]) -> Digest:
    hashed = sql.SQL("coalesce(sum(hashtextextended({}::text, 0)), 0)::text")  # the sum of bigint is numeric
    parts = [sql.SQL("count(*)"), hashed.format(sql.SQL("t"))]
    for column in columns:
        parts.append(hashed.format(sql.Identifier("t", column)))
        parts.append(sql.SQL("count({})").format(sql.Identifier("t", column)))
    await cursor.execute(
        sql.SQL("SELECT ARRAY[{}] AS found FROM ONLY {} AS t").format(
            sql.SQL(", ").join(sql.SQL("({})::text").format(part) for part in parts), name.identifier
        )
    )
    row = await cursor.fetchone()
    assert row is not None
    found = row["found"]
    return Digest(
        rows=int(found[0]),
        whole=found[1],
        columns=dict(zip(columns, found[2::2], strict=True)),
        filled=dict(zip(columns, map(int, found[3::2]), strict=True)),
    )


def differences(before: Snapshot, after: Snapshot) -> list[str]:
    """What is not as it was, one line each, for people. Empty: catalogue and data are the same."""
    lines: list[str] = []
    for name in sorted(before.catalogue.keys() | after.catalogue.keys()):
        was, now = before.catalogue.get(name), after.catalogue.get(name)
        if was is None:
            lines.append(f"{name}: was not there")
        elif now is None:
            lines.append(f"{name}: is gone")
        elif was != now:
            changed = [key for key in was if was[key] != now.get(key) and not _used_up(key, was[key], now.get(key))]
            lines += [f"{name}: {key} was {_short(was[key])}, is {_short(now.get(key))}" for key in changed]
    return lines + data_differences(before, after)


def data_differences(before: Snapshot, after: Snapshot) -> list[str]:
    """The rows and values that are not as they were, one line a table or column."""
    lines: list[str] = []
    for name in sorted(before.data.keys() | after.data.keys()):
        was, now = before.data.get(name), after.data.get(name)
        if was is None or now is None:
            if was is not None and was.rows:
                lines.append(f"{name}: its {was.rows:,} rows are gone")
            continue
        if was.rows != now.rows:
            lines.append(f"{name}: had {was.rows:,} rows, has {now.rows:,}")
        elif was.whole != now.whole:
            changed = [
                column
                for column in was.columns
                if was.filled[column] and was.columns[column] != now.columns.get(column, "")
            ]
            lines += [f"{name}.{column}: values are not what they were" for column in changed]
            if not changed and was.columns.keys() == now.columns.keys() and list(was.columns) == list(now.columns):
                lines.append(f"{name}: values are not what they were")
    return lines


def _used_up(key: str, was: object, now: object) -> bool:
    """Numbers that a sequence gave out never come back, with or without a migration."""
    return key == "last value" and isinstance(now, int) and (was is None or (isinstance(was, int) and now >= was))


def _short(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 120 else text[:117] + "…"
