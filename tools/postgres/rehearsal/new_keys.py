"""Rows of a sample that a new foreign key would find without their parent, only because the parent was not copied."""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from pglast import ast
from pglast.enums import AlterTableType, ConstrType
from psycopg import sql

from tools.postgres.rehearsal.copy import Copy
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.script import Statement


async def make_room(
    copy: Copy, keeper: psycopg.AsyncConnection, tables: Sequence[QualifiedName], statements: Sequence[Statement]
) -> None:
    """Delete them before the migration begins: whether the live rows have orphans is asked of the live rows."""
    for table, key in _new_keys(tables, statements):
        parent = _table(tables, key.pktable)
        part = copy.table(parent)
        if part is None or part.whole:
            continue
        columns = [sql.Identifier(each.sval) for each in key.fk_attrs or ()]
        parents = [sql.Identifier(each.sval) for each in key.pk_attrs or ()] or await _primary(keeper, parent)
        if not columns or len(columns) != len(parents):
            continue
        match = sql.SQL(" AND ").join(
            sql.SQL("p.{} = c.{}").format(one, other) for other, one in zip(columns, parents, strict=True)
        )
        filled = sql.SQL(" AND ").join(sql.SQL("c.{} IS NOT NULL").format(each) for each in columns)
        async with keeper.transaction():
            await keeper.execute("SET LOCAL session_replication_role = replica")
            await keeper.execute(
                sql.SQL("DELETE FROM {} AS c WHERE {} AND NOT EXISTS (SELECT FROM {} AS p WHERE {})").format(
                    table.identifier, filled, parent.identifier, match
                )
            )


def _new_keys(tables: Sequence[QualifiedName], statements: Sequence[Statement]) -> Iterator[tuple[QualifiedName, Any]]:
    for statement in statements:
        node = statement.node
        if not isinstance(node, ast.AlterTableStmt) or node.relation is None:
            continue
        for command in node.cmds or ():
            added = command.def_ if command.subtype == AlterTableType.AT_AddConstraint else None
            if added is not None and added.contype == ConstrType.CONSTR_FOREIGN:
                table = _table(tables, node.relation)
                if table in tables and _table(tables, added.pktable) in tables:
                    yield table, added


def _table(tables: Sequence[QualifiedName], relation: Any) -> QualifiedName:
    named = [each for each in tables if each.name == relation.relname]
    schema = relation.schemaname or (named[0].schema if named else "public")
    return QualifiedName(schema, relation.relname)


async def _primary(keeper: psycopg.AsyncConnection, table: QualifiedName) -> list[sql.Identifier]:
    cursor = await keeper.execute(
        "SELECT a.attname FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)"
        " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
        " WHERE i.indisprimary AND i.indrelid = to_regclass(%s) ORDER BY k.place",
        (table.identifier.as_string(),),
    )
    return [sql.Identifier(row[0]) for row in await cursor.fetchall()]
