"""The statements to advise on, with their weight: from a file, or from pg_stat_statements."""

import re
from dataclasses import dataclass, field, replace

from pglast import parser
from psycopg import sql

from common.errors import InputError, NoData
from common.queries import query
from tools.postgres.connection import Session
from tools.postgres.statements import explained, fingerprint

_MOST_OTHERS = 2
_WEIGHT = re.compile(r"weight\s*[:=]\s*(\d+(?:\.\d+)?)", re.IGNORECASE)
_COMMENT = re.compile(r"^\s*(?:--[^\n]*(?:\n|$)|/\*.*?\*/)", re.DOTALL)


@dataclass(frozen=True)
class Item:
    """One statement. `weight` is its importance beside the others; `total_ms` and `calls` are what was counted."""

    text: str
    weight: float = 1.0
    line: int = 0
    total_ms: float | None = None
    calls: int | None = None
    others: tuple[str, ...] = ()
    """The same statement with other constants, as it was found."""

    @property
    def label(self) -> str:
        """The statement on one line."""
        return " ".join(self.text.split())


@dataclass
class Workload:
    """The statements, each kind once, the heaviest first; and those that could not be read, with the reason."""

    items: list[Item] = field(default_factory=list)
    bad: list[tuple[str, str]] = field(default_factory=list)


def from_text(text: str) -> Workload:
    """Statements separated by `;`; a comment `weight: 5` before one sets its weight. Bad ones are named, not fatal.

    Raises InputError when no statement can be told apart in it.
    """
    found = Workload()
    for start, end in _places(text):
        part = text[start:end]
        line = text.count("\n", 0, start) + 1
        weight, body = 1.0, part
        while comment := _COMMENT.match(body):
            given = _WEIGHT.search(comment[0])
            weight = float(given[1]) if given else weight
            line += body.count("\n", 0, comment.end())
            body = body[comment.end() :]
        line += body[: len(body) - len(body.lstrip())].count("\n")
        body = body.strip()
        if body:
            _add(found, Item(body, weight, line))
    if not found.items and not found.bad:
        raise InputError(detail="There is no statement in this workload", next="Separate statements by a semicolon")
    return _once(found)


def _places(text: str) -> list[tuple[int, int]]:
    """Where each statement begins and ends. Text that cannot even be cut into words is cut at line ends."""
    try:
        ends = [token.start for token in parser.scan(text) if token.name == "ASCII_59"]
    except parser.ParseError:
        ends = [match.start() for match in re.finditer(r";[ \t]*(?=\n|\Z)", text)]
    return list(zip([0, *(end + 1 for end in ends)], [*ends, len(text)], strict=True))


async def from_statements(session: Session) -> Workload:
    """What pg_stat_statements has counted in this database, weighted by the total time.

    Raises NoData when the view is not there or counted nothing, saying what it would take.
    """
    schema = await session.value(
        "SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace"
        " WHERE e.extname = 'pg_stat_statements'"
    )
    if schema is None:
        raise NoData(
            reason="pg_stat_statements is not in this database",
            needs="shared_preload_libraries = 'pg_stat_statements', a restart, CREATE EXTENSION pg_stat_statements; "
            "or give the statements with --workload FILE.",
        )
    view = sql.Identifier(str(schema), "pg_stat_statements")
    found = Workload()
    for row in await session.rows(sql.SQL(query(__package__ or "", "statements")).format(view=view)):
        if row["text"] != "<insufficient privilege>":
            _add(found, Item(row["text"], float(row["total_ms"]), 0, float(row["total_ms"]), row["calls"]))
    if not found.items:
        raise NoData(
            reason="pg_stat_statements shows this role no statement of this database",
            needs="GRANT pg_read_all_stats to the role, or wait until the application has run.",
        )
    return _once(found)


def _add(found: Workload, item: Item) -> None:
    try:
        parser.parse_sql_json(item.text)
    except parser.ParseError as error:
        where = f"line {item.line}: " if item.line else ""
        found.bad.append((item.label, f"{where}not valid SQL: {explained(item.text, error)}"))
        return
    found.items.append(item)


def _once(found: Workload) -> Workload:
    """Statements that differ in constants only are one, with the sum of their weights."""
    merged: dict[str, Item] = {}
    for item in found.items:
        key = fingerprint(item.text)
        known = merged.get(key)
        merged[key] = item if known is None else _sum(known, item)
    items = sorted(merged.values(), key=lambda item: (-item.weight, item.line, item.text))
    return Workload(items, found.bad)


def _sum(one: Item, other: Item) -> Item:
    return replace(
        one,
        others=one.others if other.text in (one.text, *one.others) else (*one.others, other.text)[:_MOST_OTHERS],
        weight=one.weight + other.weight,
        total_ms=(one.total_ms or 0.0) + (other.total_ms or 0.0) or None,
        calls=(one.calls or 0) + (other.calls or 0) or None,
    )
