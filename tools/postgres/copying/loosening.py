"""CHECK constraints that a statement adds to a copy whose values are not the live server's."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from pglast import parser

from tools.postgres.statements import RUNAWAY, walk


@dataclass(frozen=True)
class Loose:
    """A statement that adds constraints to `tables` which let every row pass."""

    text: str
    tables: tuple[str, ...]
    at_once: bool
    """The rows are not checked now but by a later statement, so it must be taken before it is known to be wanted."""


def loosened(text: str, unlike: Callable[[str], Collection[str]]) -> Loose | None:
    """An ALTER TABLE whose new CHECK constraints of columns that are `unlike` the live server's compute all they would,
    and let every row pass; None for every other statement.

    Whether the rows meet a constraint is asked of the live ones; masked values tell nothing of it.
    """
    if "check" not in text.lower() or RUNAWAY.search(text):
        return None
    try:
        nodes = list(walk(orjson.loads(parser.parse_sql_json(text))))
    except (parser.ParseError, orjson.JSONDecodeError, UnicodeEncodeError):
        return None
    altered = dict.fromkeys(node["relation"]["relname"] for node in nodes if "relation" in node and "cmds" in node)
    names = {name for table in altered for name in unlike(table)}
    checks = [
        node for node in nodes if node.get("contype") == "CONSTR_CHECK" and "location" in node
        and names.intersection(_columns(node.get("raw_expr")))
    ]  # fmt: skip
    if not checks:
        return None
    raw = text.encode()
    for check in sorted(checks, key=lambda each: -each["location"]):
        if (span := _parenthesised(raw, check["location"])) is not None:
            raw = b"%b(coalesce(%b, true) IS NOT NULL)%b" % (raw[: span[0]], raw[span[0] : span[1]], raw[span[1] :])
    return Loose(raw.decode(), tuple(altered), any(check.get("skip_validation") for check in checks))


def _columns(expression: Any) -> Iterator[str]:
    return (
        str(node["ColumnRef"]["fields"][-1].get("String", {}).get("sval", ""))
        for node in walk(expression)
        if "ColumnRef" in node
    )


def _parenthesised(raw: bytes, start: int) -> tuple[int, int] | None:
    """Where the brackets after the word CHECK, which stands at `start` or behind it, begin and end (in bytes)."""
    text = raw[start:].decode()
    depth, begin, word = 0, -1, False
    for token in parser.scan(text):
        word = word or token.name == "CHECK"
        if word and token.name == "ASCII_40":
            begin, depth = (token.start if depth == 0 else begin), depth + 1
        elif word and token.name == "ASCII_41":
            depth -= 1
            if depth == 0:
                return start + len(text[:begin].encode()), start + len(text[: token.end + 1].encode())
    return None
