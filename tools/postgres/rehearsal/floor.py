"""What a statement takes that no rows add to: timed on an empty table like the one it is about."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import psycopg
from pglast import ast
from pglast.stream import RawStream
from psycopg import sql

from tools.postgres.rehearsal.clock import least_ms
from tools.postgres.rehearsal.script import Statement
from tools.postgres.statements import parse

_EMPTY = "dbcrew_empty"


async def floors(runner: psycopg.AsyncConnection, statements: Sequence[Statement]) -> dict[int, float]:
    """Milliseconds by statement number, of those that can be tried: ALTER TABLE, CREATE INDEX and UPDATE of one table.

    Each runs on a temporary table of the same definition, in a transaction that is rolled back. What depends on an
    earlier statement, or refers to another table, cannot be tried alone and is left out.
    """
    found: dict[int, float] = {}
    for statement in statements:
        node = _elsewhere(statement)
        if node is None:
            continue
        table = _named(statement.node.relation)
        with suppress(psycopg.DatabaseError, NotImplementedError):
            text = RawStream()(node)
            found[statement.number] = await _run(runner, table, text)
    return found


async def _run(runner: psycopg.AsyncConnection, table: sql.Identifier, text: str) -> float:
    async with runner.transaction(force_rollback=True):
        like = sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {} INCLUDING ALL)").format(sql.Identifier(_EMPTY), table)
        await runner.execute(like)
        return await least_ms(runner, text)


def _elsewhere(statement: Statement) -> Any:
    """The statement about the empty table; None for what is of another kind."""
    if not isinstance(statement.node, ast.AlterTableStmt | ast.IndexStmt | ast.UpdateStmt):
        return None
    node = parse(statement.sql)[0].stmt
    if node.relation is None:
        return None
    node.relation.schemaname, node.relation.relname = "pg_temp", _EMPTY
    if isinstance(node, ast.IndexStmt):
        node.concurrent = False
    return node


def _named(relation: Any) -> sql.Identifier:
    return sql.Identifier(*(part for part in (relation.schemaname, relation.relname) if part))
