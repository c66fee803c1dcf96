"""The tool `text_numbers`: text columns that a statement compares with numbers, and how many of their values are numbers."""

import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from pglast import ast
from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from common.queries import query
from tools.postgres.plans.keys import walk
from tools.postgres.plans.names import tables_in
from tools.postgres.plans.reading import read
from tools.postgres.plans.schema import Table, schema_of
from tools.postgres.plans.statement import Statement
from tools.tool import Bench, Effect, Tool

How = Literal["refused", "as text", "cast"]

_WHOLE = ("int2", "int4", "int8")
_NUMBERS = frozenset({*_WHOLE, "numeric", "float4", "float8"})
_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*")
_MOST = 3
_ROWS = 200_000
"""So many rows are looked at, the first that the server finds: a count of all may take long."""


class Args(BaseModel):
    """One read, as it was asked about; it need not be one that PostgreSQL accepts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sql: str = Field(min_length=1)


class Compared(BaseModel):
    """A text column that stands against a number. No value of a row is told.

    `how`: `refused` (text against a number, which PostgreSQL has no operator for), `as text` (against a number in quotes:
    '9' > '10' holds), `cast` (a cast of each value, which fails on the first that is no number). `looked_at` counts rows,
    `filled` those with a value; of these `numbers` can be cast, `blank` are empty or spaces, `words` hold no digit at all
    (as n/a does), `others` are the rest (12 kg, 1,200).
    """

    table: str
    column: str
    condition: str
    how: How
    whole: bool
    looked_at: int
    filled: int
    numbers: int
    failing: int
    blank: int
    words: int
    others: int


class Result(BaseModel):
    """`every`: all rows of the tables were looked at, not only the first ones."""

    columns: tuple[Compared, ...]
    every: bool


class _Found(NamedTuple):
    schema: str
    table: str
    column: str
    condition: str
    how: How
    whole: bool


async def run(args: Args, bench: Bench) -> Result:
    """Which text columns a statement compares with numbers or casts to them, and on how many values a cast would fail."""
    async with bench.live() as session:
        schema = await schema_of(tables_in(args.sql), session, session.version)
        found = list(dict.fromkeys(_compared(read(args.sql, schema))))[:_MOST]
        counted = []
        for one in found:
            statement = sql.SQL(query(__package__, "text_numbers")).format(
                column=sql.Identifier(one.column),
                table=sql.Identifier(one.schema, one.table),
                limit=sql.Literal(_ROWS),
            )
            row = await session.row(statement, {"whole": one.whole}) or {}
            counted.append(
                Compared(
                    table=f"{one.schema}.{one.table}",
                    column=one.column,
                    condition=one.condition,
                    how=one.how,
                    whole=one.whole,
                    **row,
                )
            )
    return Result(columns=tuple(counted), every=all(one.looked_at < _ROWS for one in counted))


def _compared(statement: Statement) -> Iterator[_Found]:
    arms = [term for block in statement.blocks for either in block.arms for arm in either for term in arm]
    for term in (*(term for block in statement.blocks for term in block.terms), *arms):
        if not (term.key.plain and term.literal and term.value and _NUMBER.fullmatch(term.value)):
            continue
        table = statement.relations[term.relation].table
        if not _is_text(table, term.key.text):
            continue
        in_quotes = re.search(rf"'\s*{re.escape(term.value.strip())}\s*'", term.text)
        if not in_quotes:
            yield _Found(table.schema, table.name, term.key.text, term.text, "refused", False)
        elif term.op == "range":
            yield _Found(table.schema, table.name, term.key.text, term.text, "as text", False)
    yield from _casts(statement)


def _casts(statement: Statement) -> Iterator[_Found]:
    """Casts of a text column to a number, where one table of the statement has a column of that name."""
    for node in _everywhere(statement.tree):
        if not (isinstance(node, ast.TypeCast) and isinstance(node.arg, ast.ColumnRef) and node.typeName is not None):
            continue
        kind, name = _last(node.typeName.names), _last(node.arg.fields)
        tables = {one.table.oid: one.table for one in statement.relations if name in one.table.columns}
        if kind in _NUMBERS and len(tables) == 1:
            (table,) = tables.values()
            if _is_text(table, name):
                yield _Found(table.schema, table.name, name, f"{name}::{kind}", "cast", kind in _WHOLE)


def _everywhere(tree: Any) -> Iterator[Any]:
    """All nodes, those of subqueries too."""
    for node in walk(tree):
        yield node
        if isinstance(node, ast.SubLink):
            yield from _everywhere(node.subselect)


def _last(name: tuple[Any, ...] | None) -> str:
    """The last part of a name; empty for `*`."""
    return str(getattr(name[-1], "sval", "")) if name else ""


def _is_text(table: Table, column: str) -> bool:
    known = table.columns.get(column)
    return known is not None and known.base in ("text", "varchar", "bpchar")


TOOL = Tool("text_numbers", "postgresql", Effect.READ, Args, run)
