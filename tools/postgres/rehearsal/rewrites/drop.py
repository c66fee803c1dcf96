"""A column or table dropped: first what nobody would miss, the drop itself when nobody has."""

from typing import Any

from pglast import ast
from pglast.enums import AlterTableType, ObjectType

from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rewrites.step import ident, short
from tools.postgres.rehearsal.script import Statement


def column(case: Case, table: QualifiedName, command: Any, number: int) -> list[str] | None:
    """A column that must be filled is let empty first, so that code which no longer names it can insert."""
    if command.subtype != AlterTableType.AT_DropColumn:
        return None
    name = ident(command.name)
    fact = case.trial.before.catalogue.get(f"column {table}.{name}")
    if fact is None or not fact["not null"] or fact["default"] is not None or fact["identity"]:
        return None
    cascade = " CASCADE" if command.behavior == 1 else ""
    return [
        f"ALTER TABLE {table} ALTER COLUMN {name} DROP NOT NULL",
        f"-- Now deploy the code that no longer names {name}. There is no way back after this:\n"
        f"ALTER TABLE {table} DROP COLUMN {name}{cascade}",
    ]


def table(case: Case, statement: Statement) -> list[str] | None:
    """A table is renamed first: whoever still uses it says so, and one more rename brings it back with its rows."""
    node = statement.node
    if not isinstance(node, ast.DropStmt) or node.removeType != ObjectType.OBJECT_TABLE or node.behavior == 1:
        return None
    lines: list[str] = []
    for item in node.objects or ():
        parts = [str(part.sval) for part in item]
        name = case.table(ast.RangeVar(schemaname=parts[-2] if len(parts) > 1 else None, relname=parts[-1]))
        fact = case.trial.before.catalogue.get(f"table {name}")
        if fact is None:
            return None
        later = QualifiedName(name.schema, short(f"{name.name}_to_drop"))
        lines += [
            f"ALTER TABLE {name} RENAME TO {ident(later.name)}",
            f"-- Wait until nobody has missed it. There is no way back after this:\nDROP TABLE {later}",
        ]
    return lines
