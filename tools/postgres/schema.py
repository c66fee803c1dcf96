"""The tool `schema`: the tables a question is about, and what stands around them, in as few words as possible."""

from collections import defaultdict
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from common.errors import MalformedSql, NoData
from common.queries import query
from tools.postgres.connection import Row, Session
from tools.postgres.place import quoted
from tools.postgres.statements import relations
from tools.postgres.words import words_of
from tools.tool import Bench, Effect, Tool

_KINDS = {"r": "table", "p": "partitioned table", "v": "view", "m": "materialized view", "f": "foreign table"}
_NAMED = 50
"""Score from which a relation counts as named by the question (sql/relations.sql)."""
_RANKED = 400
_DETAILED = 120
_BYTES_PER_TOKEN = 3.5
"""Roughly, for identifiers and types in JSON; measured on tokenizers of today's models it is 3 to 4."""


class Args(BaseModel):
    """What the digest should be about: a question in words, names of tables (`schema.table` or bare), statements.

    `tokens` is the ceiling of the answer's length, estimated at 3.5 bytes a token.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str = ""
    names: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    tokens: int = Field(default=8_000, ge=200, le=200_000)


class Column(BaseModel):
    """A column; `type` as PostgreSQL writes it, `default` its expression."""

    name: str
    type: str
    nullable: bool
    default: str | None = None
    identity: bool = False
    generated: bool = False
    comment: str | None = None


class ForeignKey(BaseModel):
    """A reference from `columns` to `target_columns` of `target` (`schema.table`)."""

    name: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    validated: bool


class Table(BaseModel):
    """A relation. `name` is `schema.table`; `rows` and `size_bytes` (of the main file) are as of the last ANALYZE or
    VACUUM, `rows` None when there was none. `referenced_by` names the tables with foreign keys to this one.
    """

    name: str
    kind: str
    rows: int | None
    size_bytes: int
    readable: bool
    comment: str | None = None
    partition_key: str | None = None
    partitions: int = 0
    row_security: bool = False
    columns: tuple[Column, ...] = ()
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    referenced_by: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()


class Result(BaseModel):
    """`tables` are those the question names, best match first; `related` those next to them by foreign key, and then
    the largest, while there is room; `others` only names. `left_out` counts what is in none of the three.
    """

    tables: tuple[Table, ...]
    related: tuple[Table, ...]
    others: tuple[str, ...]
    total: int
    readable: int
    left_out: int
    tokens: int


async def run(args: Args, bench: Bench) -> Result:
    """The tables a question is about, with columns, keys, indexes and row counts, within a token ceiling."""
    names = {name.lower().replace('"', "") for name in args.names}
    for statement in args.statements:
        names |= _named(statement)
    async with bench.live() as session:
        wanted = {"names": sorted(names), "words": words_of(args.question), "limit": _RANKED}
        ranked = await session.rows(query(__package__, "relations"), wanted)
        role = await session.value("SELECT current_user")
        _refuse_nothing(ranked, role)
        chosen = await _neighbours(session, ranked)
        tables = await _detailed(session, chosen)
    named = {row["oid"] for row in ranked if row["score"] >= _NAMED}
    return _fitted(args.tokens, chosen, tables, named, ranked)


def _named(statement: str) -> set[str]:
    try:
        found = relations(statement)
    except MalformedSql:  # said by the tool that runs it; the digest is still of use
        return set()
    return {(f"{schema}.{name}" if schema else name).lower() for schema, name in found}


def _refuse_nothing(ranked: list[Row], role: str) -> None:
    if not ranked:
        raise NoData(reason="this database holds no tables", needs="Check the name of the database in the DSN.")
    if ranked[0]["total_readable"] == 0:
        of, to = (quoted(name) for name in (ranked[0]["schema"], role))
        raise NoData(
            reason=f"the role {role} may read none of the {ranked[0]['total']} tables",
            needs=f"GRANT USAGE ON SCHEMA {of} TO {to}; GRANT SELECT ON ALL TABLES IN SCHEMA {of} TO {to};",
        )


async def _neighbours(session: Session, ranked: list[Row]) -> list[Row]:
    """Named relations first, then those next to them by foreign key, then the rest by size."""
    named = [row for row in ranked if row["score"] >= _NAMED]
    if not named:
        return ranked[:_DETAILED]
    oids = [row["oid"] for row in named]
    keys = await session.rows(query(__package__, "constraints"), {"oids": oids})
    near = {row[side] for row in keys if row["kind"] == "f" for side in ("oid", "target_oid")} - set(oids)
    rest = [row for row in ranked if row["score"] < _NAMED]
    return (named + sorted(rest, key=lambda row: row["oid"] not in near))[:_DETAILED]


async def _detailed(session: Session, chosen: list[Row]) -> dict[int, Table]:
    oids = {"oids": [row["oid"] for row in chosen]}
    columns = _by_oid(await session.rows(query(__package__, "columns"), oids))
    constraints = _by_oid(await session.rows(query(__package__, "constraints"), oids))
    indexes = _by_oid(await session.rows(query(__package__, "index_definitions"), oids))
    described = {row["oid"]: row for row in await session.rows(query(__package__, "descriptions"), oids)}
    pointing = defaultdict(set)
    for row in (row for rows in constraints.values() for row in rows if row["kind"] == "f"):
        pointing[row["target_oid"]].add(row["oid"])
    names = {row["oid"]: f"{row['schema']}.{row['name']}" for row in chosen}
    return {
        row["oid"]: _table(
            row,
            described[row["oid"]],
            columns[row["oid"]],
            constraints[row["oid"]],
            [one["definition"] for one in indexes[row["oid"]]],
            sorted(names[oid] for oid in pointing[row["oid"]] if oid in names),
        )
        for row in chosen
        if row["oid"] in described
    }


def _table(
    row: Row, described: Row, columns: list[Row], constraints: list[Row], indexes: list[str], pointing: list[str]
) -> Table:
    foreign = [one for one in constraints if one["kind"] == "f"]
    return Table(
        name=f"{row['schema']}.{row['name']}",
        kind=_KINDS[row["kind"]],
        rows=None if row["rows"] < 0 else int(row["rows"]),
        size_bytes=row["size_bytes"],
        readable=row["readable"],
        comment=_short(described["comment"]),
        partition_key=described["partition_key"],
        partitions=described["partitions"],
        row_security=described["row_security"],
        columns=tuple(Column(**{**one, "comment": _short(one["comment"])}) for one in columns),
        primary_key=tuple(next((one["columns"] for one in constraints if one["kind"] == "p"), ())),
        foreign_keys=tuple(ForeignKey(**one) for one in foreign),
        referenced_by=tuple(pointing),
        constraints=tuple(one["definition"] for one in constraints if one["kind"] in "ucx"),
        indexes=tuple(indexes),
    )


def _fitted(tokens: int, chosen: list[Row], tables: dict[int, Table], named: set[int], ranked: list[Row]) -> Result:
    """As much as fits; the first table always does, and names are cheap enough for a fifth of the room."""
    room, spent = int(tokens * _BYTES_PER_TOKEN), 0
    asked: list[Table] = []
    related: list[Table] = []
    shown: set[int] = set()
    for row in chosen:
        table = tables.get(row["oid"])
        size = len(table.model_dump_json(exclude_defaults=True)) if table else 0
        if table is None or (shown and spent + size > room * 4 // 5):
            continue
        (asked if row["oid"] in named else related).append(table)
        shown.add(row["oid"])
        spent += size
    others: list[str] = []
    for row in ranked:
        name = f"{row['schema']}.{row['name']}"
        if row["oid"] not in shown and spent + len(name) + 3 <= room:
            others.append(name)
            spent += len(name) + 3
    total = ranked[0]["total"]
    return Result(
        tables=tuple(asked),
        related=tuple(related),
        others=tuple(others),
        total=total,
        readable=ranked[0]["total_readable"],
        left_out=total - len(shown) - len(others),
        tokens=round(spent / _BYTES_PER_TOKEN),
    )


def _by_oid(rows: list[Row]) -> defaultdict[int, list[dict[str, Any]]]:
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["oid"]].append(row)
    return found


def _short(text: str | None) -> str | None:
    return text if text is None or len(text) <= 200 else f"{text[:199]}…"


TOOL = Tool("schema", "postgresql", Effect.READ, Args, run)
