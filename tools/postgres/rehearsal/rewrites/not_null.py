"""SET NOT NULL: by a CHECK that is validated while others read and write."""

from typing import Any

from pglast.enums import AlterTableType

from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rewrites.step import ident, short


def steps(case: Case, table: QualifiedName, command: Any, number: int) -> list[str] | None:
    """Source: PostgreSQL documentation, ALTER TABLE, SET NOT NULL: a valid CHECK spares it the scan."""
    if command.subtype != AlterTableType.AT_SetNotNull:
        return None
    fact = case.trial.before.catalogue.get(f"column {table}.{ident(command.name)}")
    if fact is not None and fact["not null"]:
        return None
    return not_null(table, str(command.name))


def not_null(table: QualifiedName, name: str) -> list[str]:
    """The steps for one column."""
    check, column = ident(short(f"{table.name}_{name}_filled")), ident(name)
    return [
        f"ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({column} IS NOT NULL) NOT VALID",
        f"ALTER TABLE {table} VALIDATE CONSTRAINT {check}",
        f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL",
        f"ALTER TABLE {table} DROP CONSTRAINT {check}",
    ]
