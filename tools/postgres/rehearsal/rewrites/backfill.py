"""An UPDATE or DELETE of many rows: in batches."""

from typing import Any

from pglast import ast
from pglast.enums import BoolExprType
from pglast.stream import RawStream

from tools.postgres.rehearsal.case import SMALL_ROWS, Case
from tools.postgres.rehearsal.rewrites.batches import batches, key_of
from tools.postgres.rehearsal.rewrites.step import No
from tools.postgres.rehearsal.script import Statement, walk
from tools.postgres.statements import parse


def steps(case: Case, statement: Statement) -> list[str] | No | None:
    """Every row is changed once, whatever stops it on the way; readers see the change arrive batch by batch."""
    node: Any = statement.node
    if not isinstance(node, ast.UpdateStmt | ast.DeleteStmt) or node.relation is None:
        return None
    table = case.table(node.relation)
    step = next((each for each in case.trial.steps if each.number == statement.number), None)
    if case.new(table) or case.small(table) or (step and step.error is None and 0 <= _live(case, step) <= SMALL_ROWS):
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


def _live(case: Case, step: Any) -> float:
    node: Any = case.statement(step.number).node
    return float(step.rows * case.scale(case.table(node.relation)))
