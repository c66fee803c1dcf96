"""What PostgreSQL can only do by writing a table anew under a lock that nobody passes."""

from typing import Any

from pglast import ast
from pglast.enums import AlterTableType

from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rewrites.step import No
from tools.postgres.rehearsal.script import Statement

_COMMANDS = {
    AlterTableType.AT_SetLogged: "SET LOGGED", AlterTableType.AT_SetUnLogged: "SET UNLOGGED",
    AlterTableType.AT_SetTableSpace: "SET TABLESPACE", AlterTableType.AT_SetAccessMethod: "SET ACCESS METHOD",
}  # fmt: skip


def statement(case: Case, each: Statement) -> No | None:
    """VACUUM FULL and CLUSTER."""
    node = each.node
    if isinstance(node, ast.VacuumStmt) and any(option.defname == "full" for option in node.options or ()):
        return No("VACUUM FULL has no form that lets others work: pg_repack or pg_squeeze do it beside them")
    if isinstance(node, ast.ClusterStmt):
        return No("CLUSTER has no form that lets others work: pg_repack or pg_squeeze do it beside them")
    return None


def command(case: Case, table: QualifiedName, each: Any, number: int) -> No | None:
    """ALTER TABLE commands of that kind."""
    word = _COMMANDS.get(each.subtype)
    if word is None:
        return None
    return No(f"{word} writes all of {table} at once: copy it into a new table in batches and swap the names, or choose a"
              " quiet hour")  # fmt: skip
