"""The same migration in steps that keep nobody waiting."""

from collections.abc import Iterator
from typing import Any

from pglast import ast
from pglast.enums import AlterTableType, ConstrType, ObjectType
from pglast.stream import RawStream

from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.script import Statement

_TIMEOUT = "SET lock_timeout = '2s'"


def safer(case: Case) -> str:
    """The migration rewritten: CONCURRENTLY, NOT VALID then VALIDATE, CHECK before SET NOT NULL, a lock_timeout.

    Empty when it is as good as it gets, or when a statement is of a kind we do not rewrite and stands in a transaction
    that would have to be split. Sources: PostgreSQL documentation, CREATE INDEX and ALTER TABLE, notes.
    """
    steps = [(each, list(_steps(case, each))) for each in case.trial.up if not each.control]
    split = any(len(lines) != 1 or lines[0] != each.sql for each, lines in steps)
    guarded = any(each.sql.lower().startswith("set lock_timeout") for each, _ in steps)
    strong = any(lock.blocks and not case.new(lock.object) for step in case.trial.steps for lock in step.locks)
    if not split and (guarded or not strong):
        return ""
    if not split and any(each.control for each in case.trial.up):
        lines = [_TIMEOUT, *(each.sql for each in case.trial.up)]
    else:
        lines = [] if guarded or not strong else [_TIMEOUT]
        lines += [line for _, made in steps for line in made]
    return "".join(f"{line};\n" for line in lines)


def _steps(case: Case, statement: Statement) -> Iterator[str]:
    node = statement.node
    if isinstance(node, ast.IndexStmt) and node.relation is not None and not case.new(case.table(node.relation)):
        yield _concurrent(statement.sql)
        return
    if isinstance(node, ast.DropStmt) and node.removeType == ObjectType.OBJECT_INDEX and len(node.objects or ()) == 1:
        yield _concurrent(statement.sql)
        return
    if not isinstance(node, ast.AlterTableStmt) or node.relation is None or case.new(case.table(node.relation)):
        yield statement.sql
        return
    table = case.table(node.relation)
    made = [(command, _command(table, command)) for command in node.cmds or ()]
    if all(lines is None for _, lines in made):
        yield statement.sql
        return
    for command, lines in made:
        yield from lines or [
            str(RawStream()(ast.AlterTableStmt(relation=node.relation, cmds=(command,), objtype=node.objtype)))
        ]


def _command(table: QualifiedName, command: Any) -> list[str] | None:
    """The statements that take the place of one ALTER TABLE command; None: it stays as it is."""
    if command.subtype == AlterTableType.AT_SetNotNull:
        check = str(QualifiedName("x", f"{table.name}_{command.name}_not_null_check")).removeprefix("x.")
        column = str(QualifiedName("x", command.name)).removeprefix("x.")
        return [
            f"ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({column} IS NOT NULL) NOT VALID",
            f"ALTER TABLE {table} VALIDATE CONSTRAINT {check}",
            f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL",
            f"ALTER TABLE {table} DROP CONSTRAINT {check}",
        ]
    if command.subtype != AlterTableType.AT_AddConstraint or command.def_.skip_validation:
        return None
    node = command.def_
    if node.contype in (ConstrType.CONSTR_FOREIGN, ConstrType.CONSTR_CHECK):
        name = node.conname or f"{table.name}_{'fkey' if node.contype == ConstrType.CONSTR_FOREIGN else 'check'}"
        quoted = str(QualifiedName("x", name)).removeprefix("x.")
        text = RawStream()(node)
        if node.conname is None:
            text = f"CONSTRAINT {quoted} {text}"
        return [f"ALTER TABLE {table} ADD {text} NOT VALID", f"ALTER TABLE {table} VALIDATE CONSTRAINT {quoted}"]
    if node.contype in (ConstrType.CONSTR_UNIQUE, ConstrType.CONSTR_PRIMARY) and node.keys and not node.indexname:
        keys = [str(QualifiedName("x", key.sval)).removeprefix("x.") for key in node.keys]
        primary = node.contype == ConstrType.CONSTR_PRIMARY
        name = node.conname or (f"{table.name}_pkey" if primary else "_".join([table.name, *keys, "key"]))
        quoted = str(QualifiedName("x", name)).removeprefix("x.")
        kind = "PRIMARY KEY" if primary else "UNIQUE"
        return [
            f"CREATE UNIQUE INDEX CONCURRENTLY {quoted} ON {table} ({', '.join(keys)})",
            f"ALTER TABLE {table} ADD CONSTRAINT {quoted} {kind} USING INDEX {quoted}",
        ]
    return None


def _concurrent(text: str) -> str:
    if "concurrently" in text.lower().split():
        return text
    at = text.lower().index("index") + len("index")
    return f"{text[:at]} CONCURRENTLY{text[at:]}"
