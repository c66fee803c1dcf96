"""What is true only of the data, asked of the live rows: read only, one statement each, with a time limit."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pglast import ast
from pglast.enums import AlterTableType, ConstrType
from pglast.stream import RawStream
from psycopg import sql

from common.errors import DbcrewError
from common.queries import query
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.case import Answer, Case, Unasked
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rehearsal import Trial
from tools.postgres.rehearsal.script import walk

_LIMIT_MS = 20_000
_ENOUGH = 1_000
"""Counting stops here: one row is enough to make a statement fail."""


@dataclass(frozen=True)
class _Question:
    statement: int
    object: str
    text: str
    select: sql.Composable


async def ask(postgres: Postgres, trial: Trial, trace: list[str]) -> Case:
    """The case with all that only the live server knows."""
    answers: list[Answer] = []
    unasked: list[Unasked] = []
    for question in _questions(Case(trial)):
        statement = sql.SQL("SELECT count(*) AS against FROM ({} LIMIT {}) AS found").format(
            question.select, sql.Literal(_ENOUGH)
        )
        try:
            async with postgres.session(trace, timeout_ms=_LIMIT_MS) as session:
                against = await session.value(statement)
        except DbcrewError as error:
            unasked.append(Unasked(question.statement, question.text, str(error)))
            continue
        answers.append(Answer(question.statement, question.object, question.text, int(against), statement.as_string()))
    async with postgres.session(trace) as session:
        invalid = await session.rows(query("tools.postgres.rehearsal", "invalid_indexes"))
        sources = await session.rows(query("tools.postgres.rehearsal", "function_sources"))
    return Case(
        trial,
        tuple(answers),
        tuple(unasked),
        frozenset(QualifiedName(row["schema"], row["name"]) for row in invalid),
        {row["name"]: row["source"] for row in sources},
    )


def _questions(case: Case) -> Iterator[_Question]:
    for statement, table, command in case.commands():
        if case.new(table):
            continue
        name = table.identifier
        if command.subtype == AlterTableType.AT_SetNotNull:
            column = sql.Identifier(command.name)
            yield _Question(
                statement.number, f"{table}.{command.name}", "rows with NULL",
                sql.SQL("SELECT FROM {} WHERE {} IS NULL").format(name, column),
            )  # fmt: skip
        elif command.subtype == AlterTableType.AT_AddConstraint:
            yield from _constraint(statement.number, table, command.def_, case)
        elif command.subtype == AlterTableType.AT_AlterColumnType:
            yield from _longer(statement.number, table, command)
    for statement in case.trial.up:
        node = statement.node
        if isinstance(node, ast.IndexStmt) and node.unique and not case.new(case.table(node.relation)):
            columns = [each.name for each in node.indexParams or ()]
            if all(columns) and node.whereClause is None:
                yield _duplicates(statement.number, case.table(node.relation), [str(each) for each in columns])


def _constraint(number: int, table: QualifiedName, node: ast.Constraint, case: Case) -> Iterator[_Question]:
    if node.contype in (ConstrType.CONSTR_UNIQUE, ConstrType.CONSTR_PRIMARY) and node.keys:
        yield _duplicates(number, table, [key.sval for key in node.keys])
    if node.skip_validation:
        return
    if node.contype == ConstrType.CONSTR_FOREIGN and node.fk_attrs and node.pk_attrs and node.pktable is not None:
        columns = [key.sval for key in node.fk_attrs]
        parents = [key.sval for key in node.pk_attrs]
        match = sql.SQL(" AND ").join(
            sql.SQL("p.{} = c.{}").format(sql.Identifier(p), sql.Identifier(c))
            for c, p in zip(columns, parents, strict=True)
        )
        filled = sql.SQL(" AND ").join(sql.SQL("c.{} IS NOT NULL").format(sql.Identifier(c)) for c in columns)
        parent = case.table(node.pktable)
        yield _Question(
            number, str(table), f"rows without a parent in {parent}",
            sql.SQL("SELECT FROM {} AS c WHERE {} AND NOT EXISTS (SELECT FROM {} AS p WHERE {})").format(
                table.identifier, filled, parent.identifier, match
            ),
        )  # fmt: skip
    if node.contype == ConstrType.CONSTR_CHECK and node.raw_expr is not None and _plain(node.raw_expr):
        yield _Question(
            number, str(table), "rows against the CHECK",
            sql.SQL("SELECT FROM {} WHERE NOT ({})").format(table.identifier, sql.SQL(RawStream()(node.raw_expr))),
        )  # fmt: skip


def _duplicates(number: int, table: QualifiedName, columns: list[str]) -> _Question:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    filled = sql.SQL(" AND ").join(sql.SQL("{} IS NOT NULL").format(sql.Identifier(each)) for each in columns)
    return _Question(
        number, str(table), "values of " + ", ".join(columns) + " that are there more than once",
        sql.SQL("SELECT {} FROM {} WHERE {} GROUP BY {} HAVING count(*) > 1").format(
            listed, table.identifier, filled, listed
        ),
    )  # fmt: skip


def _longer(number: int, table: QualifiedName, command: Any) -> Iterator[_Question]:
    kind = command.def_.typeName if command.def_ is not None else None
    if kind is None or command.def_.raw_default is not None or not kind.typmods:
        return
    if kind.names[-1].sval in ("varchar", "bpchar"):
        most = kind.typmods[0].val.ival
        yield _Question(
            number, f"{table}.{command.name}", f"values longer than {most}",
            sql.SQL("SELECT FROM {} WHERE length(rtrim({}::text)) > {}").format(
                table.identifier, sql.Identifier(str(command.name)), sql.Literal(most)
            ),
        )  # fmt: skip


_PLAIN = (
    ast.A_Expr, ast.ColumnRef, ast.A_Const, ast.BoolExpr, ast.NullTest, ast.String, ast.Integer, ast.Float, ast.Boolean,
    ast.TypeCast, ast.TypeName, ast.A_ArrayExpr, ast.BooleanTest, ast.BitString,
)  # fmt: skip


def _plain(expression: ast.Node) -> bool:
    """Whether an expression calls nothing but operators: only such text is ever sent to the live server."""
    return all(isinstance(each, _PLAIN) for each in walk(expression))
