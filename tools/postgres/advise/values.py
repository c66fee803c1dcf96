"""Values in place of $1, $2, …: as seen in use, or from the column's statistics; never NULL."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pglast import ast
from pglast.parser import scan
from pglast.visitors import Visitor

from tools.postgres.plans.names import quoted
from tools.postgres.plans.schema import Column
from tools.postgres.plans.statement import Key, Statement, Term

Which = Literal["common", "rare"]
_LIMIT, _OFFSET = "20", "0"
_NUMBERS = frozenset(
    {"smallint", "integer", "bigint", "numeric", "real", "double precision", "oid", "int2", "int4", "int8", "float4"}
) | {"float8"}
_MADE = {
    "boolean": "true",
    "bool": "true",
    "date": "2026-01-01",
    "timestamp": "2026-01-01",
    "timestamptz": "2026-01-01",
    "time": "12:00",
    "timetz": "12:00",
    "interval": "1 day",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "json": "{}",
    "jsonb": "{}",
    "inet": "127.0.0.1",
    "bytea": "",
}
_FIELD = "field"
_FOLDED = frozenset("BDNST")
"""Categories of types (pg_type.typcategory) whose values can stand for the column inside an expression."""
_EARLIEST = {"timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz"}


@dataclass(frozen=True)
class Used:
    """One value that stands for a parameter, and where it comes from."""

    parameter: str
    value: str
    source: str


@dataclass(frozen=True)
class Filled:
    """A statement that can be run, and the values in it."""

    sql: str
    values: tuple[Used, ...] = ()


@dataclass(frozen=True)
class Seen:
    """Values that a statement was seen with, as SQL, by parameter (`$1`), and where it was seen."""

    values: Mapping[str, str]
    where: str


def fill(statement: Statement, which: Which = "common", types: Sequence[str] = (), seen: Seen | None = None) -> Filled:
    """`statement` with a value for each parameter: as `seen`, else the column's most common one, or a rare one.

    `types` are the parameters' types as the server understands them, `$1` first; empty when it could not tell.
    """
    if "$" not in statement.sql:
        return Filled(statement.sql)
    places = [token for token in scan(statement.sql) if token.name == "PARAM"]
    if not places:
        return Filled(statement.sql)
    text, pieces = statement.sql, list[str]()
    chooser = _Chooser(statement, which, types, seen, named_types(text))
    chosen: dict[str, Used] = {}
    at = 0
    for token in places:
        name = text[token.start : token.end + 1]
        if name not in chosen:
            chosen[name] = chooser.choose(name)
        pieces += [text[at : token.start], chosen[name].value]
        at = token.end + 1
    return Filled("".join(pieces) + text[at:], tuple(chosen.values()))


def named_types(sql: str) -> dict[str, str]:
    """The type that stands before a parameter, as in `interval $1`, or `field` in `extract($1 FROM …)`.

    pg_stat_statements writes so where the program wrote a literal; the server does not accept it.
    """
    return {name: type_ for _, _, name, type_ in _typed(sql)}


def acceptable(sql: str) -> str:
    """`sql` as a server accepts it: `$1::interval` for `interval $1`."""
    pieces, at = list[str](), 0
    for start, end, name, type_ in _typed(sql):
        pieces += [sql[at:start], "'year'" if type_ == _FIELD else f"{name}::{type_}"]
        at = end
    return "".join(pieces) + sql[at:]


def _typed(sql: str) -> Iterator[tuple[int, int, str, str]]:
    """Each such place: what to replace (from, to), the parameter and its type."""
    words = [(token, sql[token.start : token.end + 1]) for token in scan(sql)]
    for number, (token, name) in enumerate(words):
        before = [word.lower() for _, word in words[max(0, number - 2) : number]]
        if token.name != "PARAM" or not before:
            continue
        if before[-1] in _MADE:
            yield words[number - 1][0].start, token.end + 1, name, before[-1]
        elif before == ["extract", "("]:
            yield token.start, token.end + 1, name, _FIELD


class _Chooser:
    def __init__(
        self, statement: Statement, which: Which, types: Sequence[str], seen: Seen | None, before: Mapping[str, str]
    ) -> None:
        self._statement, self._which, self._seen = statement, which, seen
        self._types = {f"${number}": name for number, name in enumerate(types, 1)} | {**before}
        self._before = before
        limits = _Places()
        limits(statement.tree)
        self._limits, self._compared = limits.found, limits.compared
        self._terms = {term.value: term for term in statement.terms if term.value and term.value.startswith("$")}

    def choose(self, name: str) -> Used:
        if self._seen and name in self._seen.values:
            return Used(name, self._seen.values[name], self._seen.where)
        if name in self._limits:
            return Used(name, self._limits[name], "a usual page")
        term = self._terms.get(name)
        if term is not None and (found := self._of(name, term)):
            return found
        return self._near(name) or self._beside(name) or self._made(name)

    def _column(self, term: Term) -> tuple[Column | None, str]:
        table = self._statement.relations[term.relation].table
        column = table.columns.get(term.key.columns[0]) if term.key.columns else None
        return column, f"{table.qualified}.{column.name}" if column else ""

    def _of(self, name: str, term: Term) -> Used | None:
        """A value for what is compared with a column, or with an expression over one."""
        column, where = self._column(term)
        if column is None:
            return None
        if column.category == "A":
            value = column.elements[0 if self._which == "common" else -1] if column.elements else "x"
            element = column.type.removesuffix("[]")
            if "ANY" in term.text.upper() and term.op == "@>":
                return Used(name, f"{_literal(value)}::{element}", f"a common element of {where}")
            return Used(name, f"ARRAY[{_literal(value)}]::{column.type}", f"a common element of {where}")
        value, source = _value(column, term, self._which)
        if not term.key.plain:
            if column.category in _FOLDED and len(term.key.columns) == 1:
                inside = _instead(term.key.text, column, f"{_literal(value)}::{column.type}")
                return Used(name, f"({inside})", f"{term.key.text} of {source} of {where}")
            return Used(name, _literal(value), f"{source} of {where}, as nothing is known of {term.key.text}")
        if term.op in ("like", "ilike"):
            return Used(name, _literal(value[:6] + "%"), f"the beginning of {source} of {where}")
        if term.op == "in" and "ANY" in term.text.upper():
            return Used(name, f"ARRAY[{_literal(value)}]::{column.type}[]", f"{source} of {where}")
        return Used(name, f"{_literal(value)}::{column.type}", f"{source} of {where}")

    def _near(self, name: str) -> Used | None:
        """A value of the column that the condition around the parameter is about, when the types agree."""
        mention = re.compile(re.escape(name) + r"(?!\d)")
        for term in self._statement.terms:
            column, where = self._column(term)
            if column is None or not mention.search(term.text):
                continue
            type_ = _short(self._types.get(name, ""))
            if type_ and type_ not in (_short(column.type), column.base) and not _both_text(type_, column):
                continue
            value, source = _value(column, term, self._which)
            return Used(name, f"{_literal(value)}::{column.type}", f"{source} of {where}")
        return None

    def _beside(self, name: str) -> Used | None:
        """A value of the column that the parameter is compared with where no index could help: `$1 IS NULL OR a = $2`."""
        wanted = self._compared.get(name, "")
        homes = [relation for relation in self._statement.relations if wanted in relation.table.columns]
        if len(homes) != 1:
            return None
        return self._of(name, Term(homes[0].number, Key(quoted(wanted), (wanted,)), "=", ""))

    def _made(self, name: str) -> Used:
        type_ = self._types.get(name, "")
        if name in self._before:
            return Used(name, _literal(_made(type_)), f"no column to take a value from: a made-up {type_}")
        if not type_:
            return Used(name, "'1'", "no column to take a value from")
        if type_.endswith("[]"):
            element = _made(type_.removesuffix("[]"))
            return Used(
                name, f"ARRAY[{_literal(element)}]::{type_}", f"no column to take a value from: a made-up {type_}"
            )
        return Used(name, f"{_literal(_made(type_))}::{type_}", f"no column to take a value from: a made-up {type_}")


def _short(type_: str) -> str:
    bare = re.sub(r"\(.*\)", "", type_).strip()
    return _EARLIEST.get(bare, bare)


def _both_text(type_: str, column: Column) -> bool:
    return type_ in ("text", "character varying", "character") and column.category == "S"


def _made(type_: str) -> str:
    short = _short(type_)
    if short == _FIELD:
        return "year"
    return "1" if short in _NUMBERS else _MADE.get(short, "x")


def _instead(expression: str, column: Column, value: str) -> str:
    """The expression with a value in the column's place."""
    pieces, at = list[str](), 0
    for token in scan(expression):
        if expression[token.start : token.end + 1] in (column.name, quoted(column.name)):
            pieces += [expression[at : token.start], value]
            at = token.end + 1
    return "".join(pieces) + expression[at:]


def _value(column: Column, term: Term, which: Which) -> tuple[str, str]:
    """A value of the column as text, and what it is. Of a range, the upper end lies above the lower one."""
    if term.op == "range" and column.bounds:
        upper = "<" in term.text or term.text.endswith(f"AND {term.value}")
        spot = (0.95 if upper else 0.9) if which == "common" else (0.995 if upper else 0.99)
        return column.bounds[int(spot * (len(column.bounds) - 1))], f"the {spot:.1%} point of the histogram"
    if column.common and (which == "common" or not column.bounds):
        number = 0 if which == "common" else len(column.common) - 1
        return column.common[number], "the most common value" if number == 0 else "the rarest common value"
    if column.bounds:
        return column.bounds[len(column.bounds) // 2], "the middle of the histogram"
    return _made(column.base), "no statistics: a made-up value"


def _literal(value: str) -> str:
    return (
        "'" + value.replace("'", "''") + "'"
        if "\\" not in value
        else " E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    )


class _Places(Visitor):
    """Which parameters are a LIMIT or an OFFSET, and which are compared with a column."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.compared: dict[str, str] = {}

    def visit_SelectStmt(self, _: object, node: ast.SelectStmt) -> None:
        for part, value in ((node.limitCount, _LIMIT), (node.limitOffset, _OFFSET)):
            part = part.arg if isinstance(part, ast.TypeCast) else part
            if isinstance(part, ast.ParamRef):
                self.found[f"${part.number}"] = value

    def visit_A_Expr(self, _: object, node: ast.A_Expr) -> None:
        for one, other in ((node.lexpr, node.rexpr), (node.rexpr, node.lexpr)):
            one = one.arg if isinstance(one, ast.TypeCast) else one
            if isinstance(one, ast.ParamRef) and isinstance(other, ast.ColumnRef):
                last = (other.fields or ())[-1]
                if isinstance(last, ast.String):
                    self.compared.setdefault(f"${one.number}", str(last.sval))
