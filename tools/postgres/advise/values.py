"""Values in place of $1, $2, …: from the column's statistics, never NULL."""

from dataclasses import dataclass
from typing import Literal

from pglast import ast
from pglast.parser import scan
from pglast.visitors import Visitor

from tools.postgres.plans.schema import Column
from tools.postgres.plans.statement import Statement, Term

Which = Literal["common", "rare"]
_LIMIT, _OFFSET = "20", "0"
_NUMBERS = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8", "oid"})


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


def fill(statement: Statement, which: Which = "common") -> Filled:
    """`statement` with a value for each parameter: the column's most common one, or a rare one."""
    if "$" not in statement.sql:
        return Filled(statement.sql)
    places = [token for token in scan(statement.sql) if token.name == "PARAM"]
    if not places:
        return Filled(statement.sql)
    limits = _Limits()
    limits(statement.tree)
    terms = {term.value: term for term in statement.terms if term.value and term.value.startswith("$")}
    chosen: dict[str, Used] = {}
    text, pieces = statement.sql, list[str]()
    at = 0
    for token in places:
        name = text[token.start : token.end + 1]
        if name not in chosen:
            chosen[name] = _choose(name, terms.get(name), limits.found.get(name), statement, which)
        pieces += [text[at : token.start], chosen[name].value]
        at = token.end + 1
    return Filled("".join(pieces) + text[at:], tuple(chosen.values()))


def _choose(name: str, term: Term | None, limit: str | None, statement: Statement, which: Which) -> Used:
    if limit is not None:
        return Used(name, limit, "a usual page")
    table = statement.relations[term.relation].table if term else None
    column = table.columns.get(term.key.columns[0]) if term and table else None
    if term is None or column is None or table is None:
        return Used(name, "'1'", "no column to take a value from")
    where = f"{table.qualified}.{column.name}"
    if column.category == "A":
        value = column.elements[0 if which == "common" else -1] if column.elements else "x"
        element = column.type.removesuffix("[]")
        if "ANY" in term.text.upper() and term.op == "@>":
            return Used(name, f"{_literal(value)}::{element}", f"a common element of {where}")
        return Used(name, f"ARRAY[{_literal(value)}]::{column.type}", f"a common element of {where}")
    value, source = _value(column, term, which)
    if not term.key.plain:
        return Used(name, _literal(value), f"{source} of {where}, as nothing is known of {term.key.text}")
    if term.op in ("like", "ilike"):
        return Used(name, _literal(value[:6] + "%"), f"the beginning of {source} of {where}")
    if term.op == "in" and "ANY" in term.text.upper():
        return Used(name, f"ARRAY[{_literal(value)}]::{column.type}[]", f"{source} of {where}")
    return Used(name, f"{_literal(value)}::{column.type}", f"{source} of {where}")


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
    made = {"B": "true", "D": "2026-01-01", "T": "1 day", "U": "00000000-0000-0000-0000-000000000000"}
    value = (
        "{}" if column.base in ("json", "jsonb") else "1" if column.base in _NUMBERS else made.get(column.category, "x")
    )
    return value, "no statistics: a made-up value"


def _literal(value: str) -> str:
    return (
        "'" + value.replace("'", "''") + "'"
        if "\\" not in value
        else " E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    )


class _Limits(Visitor):
    """Which parameters are a LIMIT or an OFFSET."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def visit_SelectStmt(self, _: object, node: ast.SelectStmt) -> None:
        for part, value in ((node.limitCount, _LIMIT), (node.limitOffset, _OFFSET)):
            part = part.arg if isinstance(part, ast.TypeCast) else part
            if isinstance(part, ast.ParamRef):
                self.found[f"${part.number}"] = value
