"""An UPDATE or DELETE of many rows: in batches."""

from typing import Any

from pglast import ast
from pglast.enums import A_Expr_Kind, BoolExprType
from pglast.stream import RawStream

from tools.postgres.rehearsal.case import SMALL_ROWS, Case
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rewrites.batches import batches, key_of
from tools.postgres.rehearsal.rewrites.step import No, words
from tools.postgres.rehearsal.script import Statement, walk
from tools.postgres.rehearsal.step import Step
from tools.postgres.statements import parse


def steps(case: Case, statement: Statement) -> list[str] | No | None:
    """Every row is changed once, whatever stops it on the way; readers see the change arrive batch by batch."""
    node: Any = statement.node
    if not isinstance(node, ast.UpdateStmt | ast.DeleteStmt) or node.relation is None:
        return None
    table = case.table(node.relation)
    step = next((each for each in case.trial.steps if each.number == statement.number), None)
    if case.new(table) or case.small(table) or _few(case, table, node, step):
        return None
    if node.withClause is not None or node.returningClause is not None:
        return No("it has WITH or RETURNING, whose meaning batches would change")
    named = [each for each in walk(node) if isinstance(each, ast.RangeVar) and each.relname == table.name]
    if len(named) > 1:
        return No(f"it reads {table} while it changes it: in batches it would read what the batches before it changed")
    if isinstance(node, ast.UpdateStmt) and {each.name for each in node.targetList or ()} & set(key_of(case, table)):
        return No("it changes the key along which batches go")
    alias = str(node.relation.alias.aliasname) if node.relation.alias is not None else table.name

    def work(where: str) -> str:
        fresh: Any = parse(statement.sql)[0].stmt
        fresh.relation.schemaname = table.schema
        fresh.relation.alias = ast.Alias(aliasname=alias)
        condition: Any = parse(f"SELECT WHERE {where}")[0].stmt
        both = [each for each in (fresh.whereClause, condition.whereClause) if each is not None]
        fresh.whereClause = both[0] if len(both) == 1 else ast.BoolExpr(boolop=BoolExprType.AND_EXPR, args=tuple(both))
        return str(RawStream()(fresh))

    return batches(case, table, statement.number, work, alias)


def _few(case: Case, table: QualifiedName, node: Any, step: Step | None) -> bool:
    """Whether few rows are changed: as counted on the copy, else, where it did not come to that, named by their key."""
    if step is not None and step.error is None and step.rows >= 0:
        return step.rows * case.scale(table) <= SMALL_ROWS
    both = isinstance(node.whereClause, ast.BoolExpr) and node.whereClause.boolop == BoolExprType.AND_EXPR
    named = {_named(each) for each in (node.whereClause.args if both else [node.whereClause])}
    key = key_of(case, table)
    return bool(key) and set(key) <= named


def _named(condition: Any) -> str:
    """The column of which a condition names one value or a list of them; else nothing."""
    if not isinstance(condition, ast.A_Expr) or words(condition.name) != ["="]:
        return ""
    column = condition.lexpr
    if condition.kind not in (A_Expr_Kind.AEXPR_OP, A_Expr_Kind.AEXPR_IN) or not isinstance(column, ast.ColumnRef):
        return ""
    values = condition.rexpr if isinstance(condition.rexpr, tuple) else (condition.rexpr,)
    plain = all(isinstance(getattr(each, "arg", each), ast.A_Const) for each in values)
    return words(column.fields)[-1] if plain else ""
