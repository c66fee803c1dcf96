"""A statement that writes the whole table anew under a lock that nobody passes."""

from collections.abc import Iterator
from typing import Any

from pglast import ast
from pglast.enums import AlterTableType

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import LONG_MS, Case
from tools.postgres.rehearsal.names import QualifiedName


def check(case: Case) -> Iterator[Finding]:
    """The table's file changed while the statement ran."""
    for step in case.trial.steps:
        for table in step.rewritten:
            if case.new(table) or case.small(table):
                continue
            rows, size = case.size(table)
            seconds = case.live_ms(step) / 1000
            yield case.found(
                "table-rewrite", Severity.HIGH if seconds * 1000 > LONG_MS else Severity.MEDIUM, table,
                "Statement {statement} writes all of the table anew ({live_bytes}, about {live_rows} rows): about {live_s}"
                " during which nobody can read or write it",
                statement=step.number, live_rows=rows, live_bytes=size, live_s=round(seconds, 3),
                remedy=remedy(case.statement(step.number).node, table),
                wrong_if="the live server writes much faster than this machine",
            )  # fmt: skip


def remedy(node: Any, table: QualifiedName) -> str:
    """What to do in place of a rewrite of this kind."""
    if isinstance(node, ast.VacuumStmt | ast.ClusterStmt):
        return (
            f"pg_repack -t {table} does the same without keeping anybody out (an extension and a program of that name)."
        )
    kinds = {each.subtype for each in getattr(node, "cmds", None) or ()}
    if AlterTableType.AT_AddColumn in kinds:
        return (
            f"ALTER TABLE {table} ADD COLUMN without the default, SET DEFAULT for new rows, then UPDATE the old ones in"
            " batches by key; NOT NULL by a CHECK that is validated."
        )
    if AlterTableType.AT_AlterColumnType in kinds:
        return (
            f"ALTER TABLE {table} ADD COLUMN of the new type, a trigger that fills it on every write, UPDATE in batches by"
            " key; when they agree, swap the names in one short transaction."
        )
    return "Do it in a window that long, or on a new table that is filled in batches and takes the name at the end."
