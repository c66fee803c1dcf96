"""The statements to advise on, with their weight: from a file, or from pg_stat_statements."""

import math
import re
from dataclasses import dataclass, field, replace

from pglast import parser
from psycopg import sql

from common.errors import InputError, MalformedSql, NoData
from common.queries import query
from tools.postgres.connection import Session
from tools.postgres.statements import RUNAWAY, explained, explained_statement, fingerprint, relations

_MOST_OTHERS = 2
_MOST_WEIGHT = 1e12
_WEIGHT = re.compile(r"\bweight\s*[:=]\s*(\S+?)(?:[,;]|\s|\*/|\Z)", re.IGNORECASE)
_EXPLAIN = re.compile(r"explain\b", re.IGNORECASE)
_CATALOGUE = re.compile(r"(pg_catalog|information_schema)\.|\.pg_")
"""The server's own tables and views; nobody else's may begin with pg_ where no schema is said."""
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
    """The statements, each kind once, the heaviest first; and those that could not be read, with the reason.

    `notes` says what was read otherwise than it was written.
    """

    items: list[Item] = field(default_factory=list)
    bad: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def from_text(text: str) -> Workload:
    """Statements separated by `;`; a comment `weight: 5` before one sets its weight. Bad ones are named, not fatal.

    Raises InputError when no statement can be told apart in it.
    """
    found = Workload()
    line, last = 1, 0
    for start, end in _places(text):
        line, last = line + text.count("\n", last, start), start
        weight, body, at = 1.0, text[start:end], line
        while comment := _COMMENT.match(body):
            if given := _WEIGHT.search(comment[0]):
                weight = _weight(given[1], at, found)
            at += body.count("\n", 0, comment.end())
            body = body[comment.end() :]
        at += body[: len(body) - len(body.lstrip())].count("\n")
        body = body.strip()
        if body:
            found.items.append(Item(body, weight, at))
    if not found.items:
        raise InputError(detail="There is no statement in this workload", next="Separate statements by a semicolon")
    return once(found)


def _weight(written: str, line: int, found: Workload) -> float:
    try:
        weight = float(written)
    except ValueError:
        weight = math.nan
    if 0 < weight <= _MOST_WEIGHT:
        return weight
    found.notes.append(f"line {line}: weight {written[:40]} is no number between 0 and {_MOST_WEIGHT:g}: 1 is taken")
    return 1.0


def _places(text: str) -> list[tuple[int, int]]:
    """Where each statement begins and ends. Text that cannot even be cut into words is cut at line ends."""
    try:
        if RUNAWAY.search(text):
            raise parser.ParseError("too long a run of operators")
        # The scanner ends at a NUL byte, and cannot send half a character on.
        whole = text.replace("\0", " ").encode(errors="replace").decode()
        ends = [token.start for token in parser.scan(whole) if token.name == "ASCII_59"]
    except parser.ParseError:
        ends = [match.start() for match in re.finditer(r";[ \t]*(?=\n|\Z)", text)]
    return list(zip([0, *(end + 1 for end in ends)], [*ends, len(text)], strict=True))


async def from_statements(session: Session) -> Workload:
    """What pg_stat_statements has counted in this database, weighted by the total time.

    What reads the server's catalogue only (pg_dump, monitoring) stays away, and so does what only this role has run,
    unless nobody else ran anything; a note says how many.

    Raises NoData when the view is not there or counted nothing, saying what it would take.
    """
    schema = await session.value(
        "SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace"
        " WHERE e.extname = 'pg_stat_statements'"
    )
    if schema is None:
        raise NoData(
            reason="pg_stat_statements is not in this database",
            needs="shared_preload_libraries = 'pg_stat_statements', a restart, CREATE EXTENSION pg_stat_statements.",
        )
    view = sql.Identifier(str(schema), "pg_stat_statements")
    rows = await session.rows(sql.SQL(query(__package__ or "", "statements")).format(view=view))
    rows = [row for row in rows if row["text"] != "<insufficient privilege>"]
    wanted = [row for row in rows if not _catalogue_only(row["text"])]
    others = [row for row in wanted if not row["ours"]]
    catalogue, own = len(rows) - len(wanted), len(wanted) - len(others) if others else 0
    found = Workload()
    for row in others or wanted:
        total = float(row["total_ms"])
        found.items.append(Item(row["text"], total, total_ms=total, calls=row["calls"]))
    if catalogue or own:
        found.notes.append(
            f"left out of pg_stat_statements: {catalogue:,} that read the server's catalogue only,"
            f" {own:,} that only the role of this DSN has run"
        )
    if not found.items:
        raise NoData(
            reason="pg_stat_statements shows this role no statement of this database",
            needs="GRANT pg_read_all_stats to the role, or wait until the application has run.",
        )
    return once(found)


def _catalogue_only(text: str) -> bool:
    try:
        named = relations(text)
    except (MalformedSql, parser.ParseError):
        return False
    return bool(named) and all(_CATALOGUE.match(f"{schema or ''}.{name}") for schema, name in named)


def once(found: Workload) -> Workload:
    """Statements that differ in constants only are one, with the sum of their weights; bad ones are set aside."""
    merged: dict[tuple[object, ...], Item] = {}
    bad: list[tuple[str, str]] = []
    for item in found.items:
        try:
            read = _without_explain(item)
            key = (fingerprint(read.text), *_schemas(read.text))
        except (MalformedSql, parser.ParseError) as error:
            detail = explained(item.text, error) if isinstance(error, parser.ParseError) else error.facts["detail"]
            where = f"line {item.line}: " if item.line else ""
            bad.append((item.label, f"{where}not valid SQL: {detail}"))
            continue
        known = merged.get(key)
        merged[key] = read if known is None else _sum(known, read)
    items = sorted(merged.values(), key=lambda item: (-item.weight, item.line, item.text))
    return Workload(items, bad, found.notes)


def _without_explain(item: Item) -> Item:
    if not _EXPLAIN.match(item.text) or RUNAWAY.search(item.text):
        return item
    parser.parse_sql_json(item.text)
    return replace(item, text=explained_statement(item.text))


def _schemas(text: str) -> list[object]:
    """Tables that are named with their schema, which fingerprints leave out: two tenants' tables are two."""
    return [name for name in relations(text) if name[0]] if "." in text else []


def _sum(one: Item, other: Item) -> Item:
    return replace(
        one,
        others=one.others if other.text in (one.text, *one.others) else (*one.others, other.text)[:_MOST_OTHERS],
        weight=one.weight + other.weight,
        total_ms=(one.total_ms or 0.0) + (other.total_ms or 0.0) or None,
        calls=(one.calls or 0) + (other.calls or 0) or None,
    )
