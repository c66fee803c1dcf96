"""Safer forms, one small file each: what takes the place of a statement, or why nothing can.

Each is a function that gives the steps (statements without semicolons, comments before them allowed), `No` with the
reason, or None for what is not its own. They may assume that the tables are there and are not small.
"""

from collections.abc import Callable
from typing import Any

from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rewrites import (
    add_column,
    backfill,
    constraint,
    drop,
    enum_value,
    index,
    materialized_view,
    not_null,
    rename_table,
    shadow,
    whole_table,
)
from tools.postgres.rehearsal.rewrites.step import No
from tools.postgres.rehearsal.script import Statement

STATEMENTS: tuple[Callable[[Case, Statement], list[str] | No | None], ...] = (
    index.steps, backfill.steps, enum_value.steps, shadow.rename_column, rename_table.steps, drop.table,
    materialized_view.steps, whole_table.statement,
)  # fmt: skip

COMMANDS: tuple[Callable[[Case, QualifiedName, Any, int], list[str] | No | None], ...] = (
    not_null.steps, constraint.steps, shadow.column_type, add_column.steps, drop.column, whole_table.command,
)  # fmt: skip
"""The same for one command of an ALTER TABLE, whose statement has the number given."""
