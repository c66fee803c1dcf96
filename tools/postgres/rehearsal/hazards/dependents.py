"""What breaks beside the object that is changed: dropped by CASCADE now, or failing when it next runs."""

import re
from collections.abc import Iterator

from pglast import ast
from pglast.enums import AlterTableType, DropBehavior, ObjectType

from common.findings import Finding, Severity
from tools.postgres.rehearsal.case import Case


def check(case: Case) -> Iterator[Finding]:
    """Objects gone through CASCADE, and function bodies that name a column or table that is gone or renamed."""
    cascades = [
        each.number
        for each in case.trial.up
        if getattr(each.node, "behavior", None) == DropBehavior.DROP_CASCADE
        or any(
            getattr(c, "behavior", None) == DropBehavior.DROP_CASCADE for c in getattr(each.node, "cmds", None) or ()
        )
    ]
    if cascades and case.trial.failed is None:
        text = " ".join(each.sql for each in case.trial.up).lower()
        for name in case.trial.before.catalogue:
            kind, _, rest = name.partition(" ")
            if kind in ("view", "trigger", "function", "policy") and name not in case.trial.after.catalogue:
                short = re.split(r"[.( ]", rest.split(" on ")[0].split("(")[0])[-1]
                if short.strip('"').lower() not in text:
                    yield case.found(
                        "dependent-object-breaks", Severity.HIGH, rest,
                        "CASCADE in statement {statement} drops this {kind} too", statement=cascades[0], kind=kind,
                        remedy="Recreate it in the same migration, or do without CASCADE.",
                    )  # fmt: skip
    gone_first = next(_gone(case), None)
    unread = [each.partition(":")[0] for each in case.trial.copy.missing if each.endswith("no SELECT on it")]
    for name in unread if gone_first is not None else ():
        yield case.found(
            "dependent-object-breaks", Severity.MEDIUM, name,
            "It hangs together with what statement {statement} takes away, but could not be carried to the copy",
            statement=gone_first[0] if gone_first else 0, remedy="GRANT SELECT on it to the role and rehearse again.",
        )  # fmt: skip
    for number, table, gone in _gone(case):
        names = re.compile(rf"\b{re.escape(gone)}\b")
        about = re.compile(rf"\b({re.escape(table)}|new|old)\b", re.IGNORECASE)
        for function, source in case.function_sources.items():
            if names.search(source) and about.search(source):
                yield case.found(
                    "dependent-object-breaks", Severity.HIGH, function,
                    "Its body names {gone}, which statement {statement} takes away: it fails when it next runs",
                    statement=number, gone=gone, remedy="Replace the function in the same transaction.",
                    wrong_if="the body means another thing of that name",
                )  # fmt: skip


def _gone(case: Case) -> Iterator[tuple[int, str, str]]:
    """(statement, table, name that is no longer there)."""
    for statement, table, command in case.commands():
        if command.subtype == AlterTableType.AT_DropColumn:
            yield statement.number, table.name, command.name
    for statement in case.trial.up:
        node = statement.node
        if isinstance(node, ast.RenameStmt) and node.relation is not None:
            if node.renameType == ObjectType.OBJECT_COLUMN:
                yield statement.number, str(node.relation.relname), str(node.subname)
            elif node.renameType == ObjectType.OBJECT_TABLE:
                yield statement.number, str(node.relation.relname), str(node.relation.relname)
        if isinstance(node, ast.DropStmt) and node.removeType == ObjectType.OBJECT_TABLE:
            for item in node.objects or ():
                yield statement.number, str(item[-1].sval), str(item[-1].sval)
