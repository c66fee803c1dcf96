"""A new enum value: committed before anything uses it, and fit to be run again."""

from pglast import ast
from pglast.stream import RawStream

from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.script import Statement
from tools.postgres.statements import parse


def steps(case: Case, statement: Statement) -> list[str] | None:
    """Source: PostgreSQL documentation, ALTER TYPE, notes: a new value cannot be used before it is committed."""
    if not isinstance(statement.node, ast.AlterEnumStmt) or not statement.node.newVal or statement.node.oldVal:
        return None
    if not statement.in_transaction:
        return None
    fresh: ast.AlterEnumStmt = parse(statement.sql)[0].stmt
    fresh.skipIfNewValExists = True
    return [str(RawStream()(fresh))]
