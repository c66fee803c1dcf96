"""A name that running applications may still use."""

from collections.abc import Iterator

from pglast import ast
from pglast.enums import ObjectType

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.rewrites.step import ident

_READ = frozenset({ObjectType.OBJECT_TABLE, ObjectType.OBJECT_VIEW, ObjectType.OBJECT_MATVIEW})


def check(case: Case) -> Iterator[Finding]:
    """Columns, tables and views whose name of before up is not there after it, as a view or a new column neither."""
    if case.trial.failed is not None:
        return
    before, after = case.trial.before.catalogue, case.trial.after.catalogue
    for statement in case.trial.up:
        node = statement.node
        if not isinstance(node, ast.RenameStmt) or node.relation is None:
            continue
        old = str(case.table(node.relation))
        if node.renameType == ObjectType.OBJECT_COLUMN:
            old = f"{old}.{ident(str(node.subname))}"
            keys = [f"column {old}"]
        elif node.renameType in _READ:
            keys = [f"{kind} {old}" for kind in ("table", "view", "materialised view")]
        else:
            continue
        if any(key in before for key in keys) and not any(key in after for key in keys):
            yield case.found(
                "rename-breaks-callers", Severity.MEDIUM, old,
                "From statement {statement} on, whatever an application still sends with the old name fails",
                statement=statement.number,
                remedy="Keep the old name beside the new one until nobody uses it: for a table a view, for a column"
                " a second column that a trigger keeps alike.",
                wrong_if="no running code names it",
            )  # fmt: skip
