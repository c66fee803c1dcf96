"""Constants of a statement that meet masked columns, masked by the same mapping: the statement still finds its rows."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from pglast import parser
from psycopg import sql

from tools.postgres.copying.cells import Cells
from tools.postgres.copying.columns import Column
from tools.postgres.copying.kinds import kind_of_name, kind_of_value
from tools.postgres.statements import RUNAWAY, walk

Node = dict[str, Any]

_PATTERNS = {"AEXPR_LIKE": "like", "AEXPR_ILIKE": "like", "AEXPR_SIMILAR": "regex"}
_ARROWS = ("->", "->>", "#>>", "#>")
_REGEXES = ("~", "~*", "!~", "!~*")
_BOUNDS = ("<", ">", "<=", ">=")
_CONSTANTS = ("SCONST", "ICONST", "FCONST", "USCONST")
_FIRST = (
    "btrim", "ltrim", "rtrim", "left", "right", "substr", "substring", "lpad", "rpad", "repeat", "split_part", "translate",
    "regexp_replace", "regexp_match", "regexp_matches", "regexp_substr", "regexp_split_to_array", "string_to_array",
    "array_to_string", "string_agg", "encode", "decode", "convert", "convert_to", "convert_from", "digest", "crypt", "hmac",
    "to_char", "to_date", "to_timestamp", "to_number", "round", "trunc",
)  # fmt: skip
_LAST = ("date_trunc", "date_part", "extract", "timezone", "to_tsvector", "to_tsquery", "plainto_tsquery", "unaccent")
_VALUES: dict[str, slice] = {
    **dict.fromkeys(_FIRST, slice(0, 1)), **dict.fromkeys(_LAST, slice(-1, None)),
    **dict.fromkeys(("concat_ws", "format"), slice(1, None)),
    **dict.fromkeys(("nextval", "currval", "setval", "set_config", "gen_salt"), slice(0)),
}  # fmt: skip
"""Which arguments of a function are values. The others say what it does: masked, it would do something else, or fail."""
_MEASURES = frozenset((
    "length", "char_length", "character_length", "octet_length", "bit_length", "ascii", "position", "strpos",
    "starts_with", "array_length", "array_ndims", "array_lower", "array_upper", "cardinality", "jsonb_array_length",
    "json_array_length", "jsonb_typeof", "json_typeof", "pg_column_size", "count", "similarity", "word_similarity",
    "levenshtein", "num_nulls", "num_nonnulls", "regexp_count", "regexp_like",
))  # fmt: skip
"""Functions that say something of a value and give none of its kind back: what they are compared with stays."""
_OF_STRINGS = re.compile(r"[^%_\\]+")
_IN_REGEX = re.compile(r"\\.|\[\^?\]?[^\]]*\]|\{[^}]*\}|\(\?.[:=!<]*|(?P<word>\w{3,}(?![*+?{]))")
"""Escapes, classes, counts, and words, which alone are text."""


@dataclass(frozen=True)
class _Meeting:
    """A constant or parameter that meets a masked column."""

    column: Column
    pattern: str = ""
    """`like` or `regex` where the constant is one."""
    bound: bool = False
    """It is compared for order, not for being the same."""


class Literals:
    """Masks the constants of statements that are to run on one copy."""

    def __init__(
        self,
        cells: Cells,
        tables: Mapping[str, Mapping[str, Column]],
        known: Mapping[str, tuple[str, ...]],
        *,
        made_up: bool = False,
    ) -> None:
        """`tables`: masked columns by table name and column; `known`: every table's columns, all `made_up` or not."""
        self._cells = cells
        self._tables = tables
        self._known = known
        self._made_up = made_up
        self._prepared: dict[str, dict[int, _Meeting]] = {}
        self._last = ("", "")
        self.let_pass: dict[str, None] = {}
        """Tables with CHECK constraints that were made so that they let every masked row pass."""

    def statement(self, text: str) -> str:
        """`text` (one statement or several) with what is personal in it masked; what cannot be parsed as it is."""
        if text != self._last[0]:  # what is timed runs several times in a row
            self._last = text, self._statement(text)
        return self._last[1]

    def _statement(self, text: str) -> str:
        if RUNAWAY.search(text) or "\0" in text:
            return text
        try:
            nodes = list(walk(orjson.loads(parser.parse_sql_json(text))))
        except (parser.ParseError, orjson.JSONDecodeError, UnicodeEncodeError):
            return text
        kinds = {kind for node in nodes for kind in node}
        if kinds & {"DoStmt", "CreateFunctionStmt"}:
            return self._cells.look(text)
        tables = _tables(nodes)
        wanted: dict[int, str] = {}
        parameters: dict[int, _Meeting] = {}
        for node in nodes:
            for value, meeting in self._met(node, tables):
                for kind, constant in _constants(value):
                    if kind == "ParamRef":
                        parameters[constant.get("number", 0)] = meeting
                    elif (shown := _shown(constant)) is not None:
                        wanted[constant.get("location", 0)] = self._masked(shown, meeting)
        for node in nodes:
            if found := node.get("PrepareStmt"):
                self._prepared[found["name"]] = parameters
            elif found := node.get("ExecuteStmt"):
                for number, value in enumerate(found.get("params", ()), 1):
                    known = self._prepared.get(found["name"], {}).get(number)
                    for _, constant in _constants(value):
                        if known is not None and (shown := _shown(constant)) is not None:
                            wanted[constant.get("location", 0)] = self._masked(shown, known)
        for node in nodes:
            constant = node.get("A_Const", {})
            if "sval" in constant and constant.get("location", 0) not in wanted:
                string = constant["sval"].get("sval", "")
                looked = self._cells.look(string)
                if looked != string or kind_of_value(string) in ("email", "card", "bank"):
                    wanted[constant.get("location", 0)] = looked if looked != string else self._cells.masks.text(string)
        return _replaced(text, wanted) if wanted else text

    def unlike(self, table: str) -> Collection[str]:
        """The columns whose values are not the live server's."""
        return self._known.get(table, ()) if self._made_up else self._tables.get(table, ())

    def _met(self, node: Node, tables: dict[str, str]) -> Iterator[tuple[Any, _Meeting]]:
        if found := node.get("A_Expr"):
            left, right = found.get("lexpr", {}), found.get("rexpr", {})
            pairs = [(left, right), (right, left)]
            if "RowExpr" in left and "RowExpr" in right:
                pairs = list(zip(left["RowExpr"].get("args", ()), right["RowExpr"].get("args", ()), strict=False))
            operator = found["name"][-1]["String"]["sval"] if found.get("name") else ""
            for side, other in pairs:
                column = self._column(side, tables) if operator not in _ARROWS else None
                if column is not None:
                    pattern = "regex" if operator in _REGEXES else _PATTERNS.get(found["kind"], "")
                    yield other, _Meeting(column, pattern, operator in _BOUNDS or "BETWEEN" in found["kind"])
        elif found := node.get("InsertStmt"):
            columns = self._tables.get(found["relation"]["relname"], {})
            names = [target["ResTarget"].get("name") for target in found.get("cols", ())]
            names = names or list(self._known.get(found["relation"]["relname"], ()))
            for row in found.get("selectStmt", {}).get("SelectStmt", {}).get("valuesLists", ()):
                for name, value in zip(names, row["List"]["items"], strict=False):
                    if name in columns:
                        yield value, _Meeting(columns[name])
            yield from self._set(found.get("onConflictClause", {}).get("targetList", ()), found["relation"]["relname"])
        elif found := node.get("UpdateStmt"):
            yield from self._set(found.get("targetList", ()), found["relation"]["relname"])

    def _set(self, targets: Any, table: str) -> Iterator[tuple[Any, _Meeting]]:
        for target in targets:
            name = target.get("ResTarget", {}).get("name")
            if name in self._tables.get(table, {}):
                yield target["ResTarget"].get("val", {}), _Meeting(self._tables[table][name])

    def _column(self, node: Node, tables: dict[str, str]) -> Column | None:
        """The masked column an expression is about: itself, cast, in a function, or a personal key of its document."""
        for kind, found in node.items():
            if kind == "ColumnRef":
                fields = [each["String"]["sval"] for each in found.get("fields", ()) if "String" in each]
                return self._resolved(fields, tables)
            if kind in ("TypeCast", "CollateClause"):
                return self._column(found.get("arg", {}), tables)
            if kind == "FuncCall" and found["funcname"][-1]["String"]["sval"] in _MEASURES:
                return None
            if kind in ("FuncCall", "CoalesceExpr"):
                columns = (self._column(each, tables) for each in found.get("args", ()))
                return next((each for each in columns if each is not None), None)
            if kind == "A_Expr" and found.get("name") and found["name"][-1]["String"]["sval"] in _ARROWS:
                keys = [_shown(each) for _, each in _constants(found.get("rexpr", {}))]
                column = self._column(found.get("lexpr", {}), tables)
                if column is not None and keys and kind_of_name(str(keys[-1]).strip("{}").split(",")[-1]):
                    return Column(column.relation, column.name, "text", "name")
                return None if column is None or column.how == "document" else column
        return None

    def _resolved(self, fields: list[str], tables: dict[str, str]) -> Column | None:
        if not fields:
            return None
        name = fields[-1]
        table = tables.get(fields[-2], "") if len(fields) > 1 else ""
        if table in self._known:
            return self._tables.get(table, {}).get(name)
        named = [table for table in tables.values() if name in self._known.get(table, ())]
        for each in named or self._tables:
            if name in self._tables.get(each, {}):
                return self._tables[each][name]
        return None

    def _masked(self, value: str, meeting: _Meeting) -> str:
        column = meeting.column
        if meeting.pattern == "regex":
            return _IN_REGEX.sub(
                lambda found: self._cells.masks.text(found["word"]) if found["word"] else found[0], value
            )
        if meeting.pattern:
            return self._pattern(value)
        if column.how == "nothing":
            return ""
        if meeting.bound and column.how == "text" and len(value) < 4:
            return self._cells.masks.code(value) or self._cells.masks.text(value)
        if column.array and not value.startswith("{"):
            return self._cells.of(Column(column.relation, column.name, column.how, column.kind, most=column.most))(
                value
            )
        return self._cells.of(column)(value)

    def _pattern(self, value: str) -> str:
        """`prefix%` becomes what the values of about that place in the order begin with; other words become others."""
        if (found := _OF_STRINGS.match(value)) and found[0] + "%" == value:
            return (self._cells.masks.code(found[0])[: len(found[0])] or self._cells.masks.text(found[0])) + "%"
        return _OF_STRINGS.sub(lambda found: self._cells.masks.text(found[0]), value)


def _tables(nodes: list[Node]) -> dict[str, str]:
    """Tables a statement names, by the alias they go under."""
    ranges = [node for node in nodes if "relpersistence" in node]
    return {node.get("alias", {}).get("aliasname", node["relname"]): node["relname"] for node in ranges}


def _constants(value: Any) -> Iterator[tuple[str, Node]]:
    """The constants and parameters of an expression that is made of them, casts, lists and calls."""
    for kind, found in value.items() if isinstance(value, dict) else ():
        if kind in ("A_Const", "ParamRef"):
            yield kind, found
        elif kind in ("TypeCast", "CollateClause"):
            yield from _constants(found.get("arg", {}))
        elif kind == "FuncCall":
            values = _VALUES.get(found["funcname"][-1]["String"]["sval"], slice(None))
            for each in found.get("args", ())[values]:
                yield from _constants(each)
        elif kind in ("A_ArrayExpr", "CoalesceExpr", "RowExpr", "List"):
            for each in (*found.get("elements", ()), *found.get("args", ()), *found.get("items", ())):
                yield from _constants(each)


def _shown(constant: Node) -> str | None:
    for kind in ("sval", "ival", "fval"):
        if kind in constant:
            return str(constant[kind].get(kind, "" if kind == "sval" else 0))
    return None


def _replaced(text: str, wanted: dict[int, str]) -> str:
    """The tokens at these places (in bytes, as the parser counts) replaced; numbers stay numbers."""
    raw = text.encode()
    after = -1
    for token in reversed(parser.scan(text)):
        start, end = len(text[: token.start].encode()), len(text[: token.end + 1].encode())
        if start in wanted:
            number = token.name in ("ICONST", "FCONST")
            if token.name == "ASCII_45":  # a negative number begins with its sign
                end = after
            elif token.name not in _CONSTANTS:
                continue
            shown = wanted[start] if number or token.name == "ASCII_45" else sql.Literal(wanted[start]).as_string()
            raw = raw[:start] + shown.strip().encode() + raw[end:]
        after = end
    return raw.decode()
