"""A column's default set before its old rows are filled: else rows that are inserted meanwhile would be missed."""

from collections.abc import Sequence
from typing import Any

from pglast import ast
from pglast.enums import AlterTableType
from pglast.stream import RawStream

from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.script import Statement
from tools.postgres.statements import parse

_PASSED = (ast.AlterTableStmt, ast.UpdateStmt, ast.CommentStmt, ast.VariableSetStmt, ast.IndexStmt)
"""What a default may be set before: nothing of these makes what it could call."""


def defaults_first(case: Case, steps: Sequence[tuple[Statement, list[str]]]) -> list[list[str]]:
    """The lines of all steps, with SET DEFAULT of a column before the batches that fill it and not after them."""
    lines = [list(made) for _, made in steps]
    for place, (statement, made) in enumerate(steps):
        if isinstance(statement.node, ast.UpdateStmt) and any(line.startswith("DO $batches$") for line in made):
            lines[place] = [*_taken(case, steps, lines, place), *lines[place]]
    return lines


def _taken(case: Case, steps: Sequence[tuple[Statement, list[str]]], lines: list[list[str]], place: int) -> list[str]:
    """The SET DEFAULT of the columns that an UPDATE fills, taken out of the steps after it."""
    node: Any = steps[place][0].node
    # What is filled with the default of now is not to be filled with the one to come.
    columns = {each.name for each in node.targetList or () if not isinstance(each.val, ast.SetToDefault)}
    table = case.table(node.relation)
    found: list[str] = []
    for later in range(place + 1, len(steps)):
        if not isinstance(steps[later][0].node, _PASSED):
            break
        if not isinstance(steps[later][0].node, ast.AlterTableStmt):
            continue
        kept: list[str] = []
        for line in lines[later]:
            mine, others = _sorted(case, line, table, columns)
            found += mine
            kept += others
        lines[later] = kept
    return found


def _sorted(case: Case, line: str, table: QualifiedName, columns: set[str]) -> tuple[list[str], list[str]]:
    """One line as (SET DEFAULT of these columns, what is left of it)."""
    node: Any = None if line.startswith("DO ") else parse(line)[0].stmt
    if not isinstance(node, ast.AlterTableStmt) or node.relation is None or case.table(node.relation) != table:
        return [], [line]
    mine = [each for each in node.cmds or () if _sets(each, columns)]
    if not mine:
        return [], [line]
    rest = [each for each in node.cmds or () if not _sets(each, columns)]
    return [_alter(node, mine)], [_alter(node, rest)] if rest else []


def _sets(command: Any, columns: set[str]) -> bool:
    return command.subtype == AlterTableType.AT_ColumnDefault and command.def_ is not None and command.name in columns


def _alter(node: Any, commands: list[Any]) -> str:
    return str(RawStream()(ast.AlterTableStmt(relation=node.relation, cmds=tuple(commands), objtype=node.objtype)))
