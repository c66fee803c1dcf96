"""Indexes of the live server that are not valid: pg_dump leaves them out, so no copy has them, but a rebuild meets them."""

from collections.abc import Iterator
from typing import Any

from pglast import ast
from pglast.enums import AlterTableType

from tools.postgres.rehearsal.case import Case, InvalidIndex
from tools.postgres.rehearsal.script import Statement
from tools.postgres.statements import parse


def rebuilt(case: Case) -> Iterator[tuple[Statement, InvalidIndex, ast.IndexStmt]]:
    """The statements that ran and that would build such an index anew on the live server, with its definition.

    They write its table anew, change the type of one of its columns, or are a REINDEX of its table; REINDEX
    CONCURRENTLY passes over invalid indexes (PostgreSQL documentation, REINDEX).
    """
    retyped = {
        (statement.number, table, str(command.name))
        for statement, table, command in case.commands()
        if command.subtype == AlterTableType.AT_AlterColumnType
    }
    gone: set[InvalidIndex] = set()
    for step in case.trial.steps:
        statement = case.statement(step.number)
        if step.error is not None or isinstance(statement.node, ast.TruncateStmt):
            continue
        for index in case.invalid_indexes:
            definition: Any = parse(index.definition)[0].stmt
            if names(statement, index):
                gone.add(index)
            if index in gone or not definition.relation.inh:  # pg_dump carries a partitioned table's own
                continue
            columns = {each.name for each in definition.indexParams or ()}
            anew = isinstance(statement.node, ast.ReindexStmt) and not statement.concurrently
            if (
                index.table in step.rewritten
                or (anew and index.table in case.built_on(step))
                or any((step.number, index.table, column) in retyped for column in columns)
            ):
                yield statement, index, definition


def names(statement: Statement, index: InvalidIndex) -> bool:
    """Whether it is a DROP or a REINDEX of this very index."""
    written = statement.tables if isinstance(statement.node, ast.DropStmt | ast.ReindexStmt) else ()
    return (index.name.schema, index.name.name) in written or (None, index.name.name) in written
