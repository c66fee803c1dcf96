"""A range over the column itself, instead of a function or cast of it."""

# pglast declares every field of every node optional.
# mypy: disable-error-code="union-attr,index,arg-type,operator,attr-defined,misc"

from collections.abc import Iterator
from typing import Any

from pglast import ast, enums, parse_sql
from pglast.stream import RawStream
from pglast.visitors import Visitor

from tools.postgres.plans.reading import parse_one, read
from tools.postgres.plans.rewrites.rewrite import Rewrite
from tools.postgres.plans.schema import Schema
from tools.postgres.plans.statement import Statement

_UNITS = ("hour", "day", "week", "month", "quarter", "year")
_TIMES = ("timestamp", "timestamptz")


def rewrites(sql: str, schema: Schema) -> Iterator[Rewrite]:
    """`sql` with date_trunc(unit, t) = …, t::date = … and extract(year from t) = … as ranges over t.

    Only for columns known to be timestamps: then the rows are the same.
    """
    tree = parse_one(sql)
    visitor = _Ranges(read(sql, schema))
    visitor(tree)
    if visitor.turned:
        why = "The column itself is compared, so an index on it can be used"
        yield Rewrite(str(RawStream()(tree)), why, "non-sargable-predicate")


class _Ranges(Visitor):
    def __init__(self, statement: Statement) -> None:
        super().__init__()
        self._statement = statement
        self.turned = 0

    def visit_A_Expr(self, _: Any, node: Any) -> Any:
        if node.kind != enums.A_Expr_Kind.AEXPR_OP or node.name[-1].sval != "=":
            return None
        found = self._window(node.lexpr, node.rexpr)
        if found is None:
            return None
        column, low, high = found
        self.turned += 1
        return parse_sql(f"SELECT 1 WHERE {column} >= {low} AND {column} < {high}")[0].stmt.whereClause

    def _window(self, left: Any, right: Any) -> tuple[str, str, str] | None:
        """Column, first value in and first value out, in SQL."""
        value = str(RawStream()(right))
        if _volatile(right):
            return None
        if isinstance(left, ast.TypeCast) and left.typeName.names[-1].sval == "date":
            kind = self._type(left.arg)
            if kind:
                low = f"CAST(CAST({value} AS date) AS {kind})"
                return str(RawStream()(left.arg)), low, f"CAST(CAST({value} AS date) + 1 AS {kind})"
        if not isinstance(left, ast.FuncCall) or len(left.args or ()) != 2:
            return None
        name, (unit, column) = left.funcname[-1].sval, left.args
        word = unit.val.sval if isinstance(unit, ast.A_Const) and isinstance(unit.val, ast.String) else ""
        kind = self._type(column)
        text = str(RawStream()(column))
        if kind and name == "date_trunc" and word in _UNITS and isinstance(right, (ast.A_Const, ast.TypeCast)):
            low = f"CAST({value} AS {kind})"
            step = "3 months" if word == "quarter" else f"1 {word}"
            # A value that is no beginning of a unit equals none of them: the range is empty then.
            return (
                text,
                low,
                f"CASE WHEN date_trunc('{word}', {low}) = {low} THEN {low} + interval '{step}' ELSE {low} END",
            )
        if kind and name == "extract" and word == "year" and isinstance(right, ast.A_Const) and value.isdigit():
            return text, f"CAST('{value}-01-01' AS {kind})", f"CAST('{int(value) + 1}-01-01' AS {kind})"
        return None

    def _type(self, node: Any) -> str:
        """timestamp or timestamptz when `node` is such a column, else empty."""
        if not isinstance(node, ast.ColumnRef) or not isinstance(node.fields[-1], ast.String):
            return ""
        name = node.fields[-1].sval
        alias = node.fields[-2].sval if len(node.fields) > 1 else None
        found = {
            relation.table.columns[name].base
            for relation in self._statement.relations
            if name in relation.table.columns and alias in (None, relation.alias)
        }
        return found.pop() if len(found) == 1 and found <= {*_TIMES} else ""


def _volatile(node: Any) -> bool:
    """Whether the value is more than a constant, a parameter or a cast of one."""
    inner = node.arg if isinstance(node, ast.TypeCast) else node
    return not isinstance(inner, (ast.A_Const, ast.ParamRef, ast.SQLValueFunction))
