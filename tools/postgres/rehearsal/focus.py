"""What a copy for one statement must hold: the tables the statement reads, and the rows its constants pick."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pglast import ast
from pglast.enums import A_Expr_Kind
from pglast.visitors import Visitor

from common.errors import MalformedSql
from common.queries import query
from tools.postgres.connection import Session
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rows import Focus
from tools.postgres.rehearsal.scope import WORD
from tools.postgres.rehearsal.script import walk
from tools.postgres.statements import parse, relations

Constant = str | int | float | bool

_WRITES = (ast.InsertStmt, ast.UpdateStmt, ast.DeleteStmt, ast.MergeStmt)
_REMOVES = (ast.DeleteStmt, ast.MergeStmt)


@dataclass(frozen=True)
class Needs:
    """What it takes to run a statement: its tables, whether it may write, whether rows that others refer to may go."""

    tables: tuple[QualifiedName, ...]
    writes: bool
    removes: bool


async def needs_of(session: Session, statement: str, also: Sequence[str] = ()) -> Needs:
    """What running `statement` takes, with the tables that the texts in `also` name and those that the functions it
    calls name in their bodies.

    A function that is not known to change nothing counts as a write. Raises MalformedSql.
    """
    tables = await tables_of(session, statement)
    if not tables:
        return Needs((), False, False)
    nodes = walk(parse(statement))
    called = sorted({str(each.funcname[-1].sval) for each in nodes if isinstance(each, ast.FuncCall) and each.funcname})
    functions = await session.rows(query("tools.postgres.rehearsal", "called"), {"names": called})
    words = sorted({word.lower() for row in functions for word in WORD.findall(row["source"])})
    found = set(tables)
    if words:
        rows = await session.rows(query("tools.postgres.rehearsal", "named"), {"names": words})
        found.update(QualifiedName(row["schema"], row["name"]) for row in rows)
    for text in also:
        with suppress(MalformedSql):
            found.update(await tables_of(session, text))
    writes = any(isinstance(each, _WRITES) for each in nodes) or any(row["volatile"] for row in functions)
    return Needs(tuple(sorted(found)), writes, any(isinstance(each, _REMOVES) for each in nodes))


async def tables_of(session: Session, statement: str) -> list[QualifiedName]:
    """The relations a statement names, as this role's search path finds them, with the tables below its views.

    Names that are not found are left out: CTEs look like tables to the parser.
    """
    names = [QualifiedName(schema or "", name) for schema, name in relations(statement)]
    quoted = [str(one.identifier.as_string()) if one.schema else _bare(one.name) for one in names]
    rows = await session.rows(query("tools.postgres.rehearsal", "tables_of"), {"names": quoted})
    return [QualifiedName(row["schema"], row["name"]) for row in rows]


async def focus_of(
    session: Session,
    statement: str,
    tables: Sequence[QualifiedName],
    above_rows: int,
    values: Sequence[str | None] = (),
) -> list[Focus]:
    """The rows that equality with a constant, or a parameter's value, picks, of tables with more than `above_rows` rows.

    A sample of those would hold only a part of what the statement reads, and its time would say nothing.
    """
    wanted = dict(_equalities(statement, values))
    if not wanted:
        return []
    parameters = {"names": [str(one.identifier.as_string()) for one in tables], "columns": list(wanted)}
    rows = await session.rows(query("tools.postgres.rehearsal", "large_columns"), {**parameters, "rows": above_rows})
    return [Focus(QualifiedName(row["schema"], row["name"]), row["column"], wanted[row["column"]]) for row in rows]


def _bare(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _equalities(statement: str, values: Sequence[str | None]) -> Iterator[tuple[str, Constant]]:
    """Every `column = constant` of a statement, by column name."""
    found: list[tuple[str, Constant]] = []

    class Equalities(Visitor):
        def visit_A_Expr(self, ancestors: Any, node: ast.A_Expr) -> None:
            if node.kind is not A_Expr_Kind.AEXPR_OP or [part.sval for part in node.name or ()] != ["="]:
                return
            for column, value in ((node.lexpr, node.rexpr), (node.rexpr, node.lexpr)):
                constant = _constant(value, values)
                if isinstance(column, ast.ColumnRef) and column.fields and constant is not None:
                    last = column.fields[-1]
                    if isinstance(last, ast.String):
                        found.append((str(last.sval), constant))

    Equalities()(parse(statement))
    yield from found


def _constant(node: Any, values: Sequence[str | None]) -> Constant | None:
    if isinstance(node, ast.TypeCast):
        node = node.arg
    if isinstance(node, ast.ParamRef):
        number = node.number or 0
        return values[number - 1] if 0 < number <= len(values) else None
    if not isinstance(node, ast.A_Const) or node.isnull:
        return None
    value = node.val
    for kind, attribute in ((ast.Integer, "ival"), (ast.String, "sval"), (ast.Boolean, "boolval"), (ast.Float, "fval")):
        if isinstance(value, kind):
            found: Constant = getattr(value, attribute)
            return found
    return None
