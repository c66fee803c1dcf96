"""SQL text as statements: where each begins, what kind it is, what it reads, and its fingerprint."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import orjson
from pglast import parse_sql, parser

from common.errors import MalformedSql

_DETAIL = 200
_DROPPED = ("OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_FOREIGN_TABLE", "OBJECT_SEQUENCE")

RUNAWAY = re.compile(r"[-+*/<>=~!@#%^&|`?]{1000}")
"""A run of operator characters for which libpg_query's scanner takes time in the square of its length."""

Relation = tuple[str | None, str]
"""(schema or None, name), as written."""


@dataclass(frozen=True)
class Statement:
    """One statement of a text, without its semicolon and the comments before it.

    `line` is where it begins in the text, from 1. `kind` is the parser's name of its outermost node, such as
    `SelectStmt` or `AlterTableStmt`.
    """

    text: str
    line: int
    kind: str


def split(sql: str) -> list[Statement]:
    """The statements of `sql`, in order. Raises MalformedSql naming the line and column."""
    raw = sql.encode(errors="surrogatepass")
    nodes = _tree(sql).get("stmts", ())
    starts = _token_starts(sql)
    found: list[Statement] = []
    index = 0
    for node in nodes:
        begin = node.get("stmt_location", 0)
        end = begin + node["stmt_len"] if node.get("stmt_len") else len(raw)
        while index < len(starts) and starts[index] < begin:
            index += 1
        first = starts[index]
        text = raw[first:end].decode().rstrip().rstrip(";").rstrip()
        found.append(Statement(text, raw.count(b"\n", 0, first) + 1, next(iter(node["stmt"]))))
    return found


def relations(sql: str) -> list[Relation]:
    """The tables and views that `sql` names, each once, in order of appearance; names of CTEs in scope are left out.

    Raises MalformedSql.
    """
    found: dict[Relation, None] = {}
    tree = _tree(sql)
    ctes = {node["ctename"] for node in walk(tree) if "ctename" in node}
    for name in _names(tree):
        if name[0] is not None or name[1] not in ctes:
            found.setdefault(name)
    return list(found)


def parse(sql: str) -> Any:
    """pglast's nodes of the statements in `sql`.

    Raises pglast.parser.ParseError, and MalformedSql for what is nested so deeply that making the nodes, which recurses
    in C, would end the process.
    """
    try:
        orjson.loads(parser.parse_sql_json(sql))
    except orjson.JSONDecodeError as error:
        raise _too_deep() from error
    return parse_sql(sql)


def fingerprint(sql: str) -> str:
    """libpg_query's fingerprint: the same for statements that differ in constants only. Raises MalformedSql."""
    _check(sql)
    try:
        return str(parser.fingerprint(sql))
    except parser.ParseError as error:
        _raise(sql, error)


def normalize(sql: str) -> str:
    """`sql` with its constants as $1, $2, …, the way pg_stat_statements shows it. Raises MalformedSql."""
    _check(sql)
    try:
        return str(parser.normalize(sql))
    except parser.ParseError as error:
        _raise(sql, error)


def with_values(sql: str, values: Mapping[str, str]) -> str:
    """`sql` with its parameters (`$1`) replaced by the SQL expressions in `values`, those in strings left alone.

    Raises MalformedSql. A parameter that has no value stays.
    """
    _check(sql)
    text = sql.encode()
    try:
        tokens = [token for token in parser.scan(sql) if token.name == "PARAM"]
    except parser.ParseError as error:
        _raise(sql, error)
    for token in reversed(tokens):
        start, end = (len(sql[:at].encode()) for at in (token.start, token.end + 1))
        name = text[start:end].decode()
        text = text[:start] + values.get(name, name).encode() + text[end:]
    return text.decode()


def explained_statement(sql: str) -> str:
    """What stands after EXPLAIN and its options in `sql`, an EXPLAIN that was parsed."""
    tokens = [token for token in parser.scan(sql) if token.name not in ("SQL_COMMENT", "C_COMMENT")]
    at = 1
    if tokens[at].name == "ASCII_40":  # an open parenthesis: options, or the statement itself
        closing = next(place for place, token in enumerate(tokens) if token.name == "ASCII_41")
        if "SELECT" not in (token.name for token in tokens[at:closing]):
            at = closing + 1
    while tokens[at].name in ("ANALYZE", "ANALYSE", "VERBOSE"):
        at += 1
    return sql[tokens[at].start :]


def has_parameters(sql: str) -> bool:
    """Whether there is a `$1` or the like in `sql`."""
    return any(token.name == "PARAM" for token in parser.scan(sql))


def _tree(sql: str) -> dict[str, Any]:
    _check(sql)
    try:
        tree: dict[str, Any] = orjson.loads(parser.parse_sql_json(sql))
    except parser.ParseError as error:
        _raise(sql, error)
    except orjson.JSONDecodeError as error:
        raise _too_deep() from error
    return tree


def _too_deep() -> MalformedSql:
    return MalformedSql(detail="it is nested or chained deeper than can be followed")


def _check(sql: str) -> None:
    """The C parser would stop at a NUL byte and pass over what follows."""
    if RUNAWAY.search(sql):
        raise MalformedSql(detail="it holds a run of more than a thousand operator characters")
    if "\0" in sql:
        raise MalformedSql(detail=f"there is a NUL byte at {_place(sql, sql.index(chr(0)))}")
    try:
        sql.encode()
    except UnicodeEncodeError as error:
        raise MalformedSql(detail=f"there is half a character at {_place(sql, error.start)}") from error


def _raise(sql: str, error: parser.ParseError) -> NoReturn:
    raise MalformedSql(detail=explained(sql, error)) from error


def explained(sql: str, error: parser.ParseError) -> str:
    """What the parser said about `sql`, with line and column where it says an index."""
    message, *index = error.args
    detail = " ".join(str(message).split())
    if len(detail) > _DETAIL:
        detail = f"{detail[:_DETAIL]}…"
    return f"{detail}, {_place(sql, index[0])}" if index and index[0] is not None else detail


def _place(sql: str, index: int) -> str:
    before = sql[:index]
    return f"line {before.count(chr(10)) + 1}, column {index - before.rfind(chr(10))}"


def _token_starts(sql: str) -> list[int]:
    """Byte offsets of the tokens that are not comments."""
    tokens = [token.start for token in parser.scan(sql) if token.name not in ("SQL_COMMENT", "C_COMMENT")]
    if sql.isascii():
        return tokens
    offsets: list[int] = []
    at = size = 0
    for start in tokens:
        size += len(sql[at:start].encode())
        at = start
        offsets.append(size)
    return offsets


def _names(tree: dict[str, Any]) -> Iterator[Relation]:
    """Relations of every RangeVar, which many fields hold without its type's name, and of DROP."""
    for node in walk(tree):
        if "relpersistence" in node:
            yield node.get("schemaname"), node["relname"]
        elif node.get("removeType") in _DROPPED:
            for dropped in node["objects"]:
                parts = [part["String"]["sval"] for part in dropped["List"]["items"]]
                yield (parts[-2] if len(parts) > 1 else None), parts[-1]


def walk(tree: Any) -> Iterator[dict[str, Any]]:
    """Every dictionary of the tree, in document order."""
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack.extend(reversed(node))
        elif isinstance(node, dict):
            yield node
            stack.extend(reversed(node.values()))
