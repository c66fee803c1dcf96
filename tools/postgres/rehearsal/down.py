"""The way back, derived from a migration and the catalogue as it was before."""

from dataclasses import dataclass
from typing import Any

from pglast import ast
from pglast.enums import AlterTableType, ObjectType
from pglast.stream import RawStream
from psycopg import sql

from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.script import Statement, qualified
from tools.postgres.rehearsal.snapshot import Snapshot
from tools.postgres.rehearsal.views import definition, view_again


@dataclass(frozen=True)
class Derived:
    """`sql` undoes the migration; empty when it cannot be derived, and `reason` then says why."""

    sql: str
    reason: str = ""


def derive(statements: tuple[Statement, ...], before: Snapshot, after: Snapshot) -> Derived:
    """The statements that undo these, last first. What a statement destroyed is named, never made up."""
    lines: list[str] = []
    for statement in reversed(statements):
        if statement.control or isinstance(statement.node, ast.VariableSetStmt):
            continue
        undone = _undo(statement, before, after)
        if isinstance(undone, Derived):
            return undone
        lines += undone
    if not lines:
        return Derived("", "the migration changes nothing that could be undone")
    return Derived("\n".join(f"{line};" for line in lines) + "\n")


def _undo(statement: Statement, before: Snapshot, after: Snapshot) -> list[str] | Derived:
    node = statement.node
    cannot = Derived("", f"statement {statement.number} cannot be undone from the catalogue alone")
    match node:
        case ast.IndexStmt():
            name = _new("index ", before, after, node.idxname, node.relation)
            if name is None:
                return cannot
            return [f"DROP INDEX {'CONCURRENTLY ' if node.concurrent else ''}{name}"]
        case ast.CreateStmt():
            return [f"DROP TABLE {_relation(node.relation, after)}"]
        case ast.ViewStmt():
            name = _relation(node.view, after, "view ")
            was = before.catalogue.get(f"view {name}")
            if was is None:
                return [f"DROP VIEW {name}"]
            return [f"CREATE OR REPLACE VIEW {definition(name, was)}"]
        case ast.CreateSeqStmt():
            return [f"DROP SEQUENCE {_relation(node.sequence, after, 'sequence ')}"]
        case ast.CreateEnumStmt():
            return [f"DROP TYPE {_dotted(node.typeName)}"]
        case ast.CreateSchemaStmt() if node.schemaname and not node.schemaElts:
            return [f"DROP SCHEMA {_quote(node.schemaname)}"]
        case ast.CreateTrigStmt():
            return [f"DROP TRIGGER {_quote(str(node.trigname))} ON {_relation(node.relation, after)}"]
        case ast.CreatePolicyStmt():
            return [f"DROP POLICY {_quote(str(node.policy_name))} ON {_relation(node.table, after)}"]
        case ast.CreateStatsStmt() if node.defnames:
            return [f"DROP STATISTICS {_dotted(node.defnames)}"]
        case ast.DropStmt() if node.removeType == ObjectType.OBJECT_INDEX:
            found = [before.catalogue.get(f"index {_find('index ', before, item)}") for item in node.objects or ()]
            if any(each is None for each in found):
                return cannot
            how = "CONCURRENTLY " if node.concurrent else ""
            return [each["definition"].replace("INDEX ", f"INDEX {how}", 1) for each in found if each is not None]
        case ast.DropStmt() if node.removeType == ObjectType.OBJECT_VIEW:
            lines = []
            for item in node.objects or ():
                again = view_again(str(_find("view ", before, item)), before)
                if again is None:
                    return cannot
                lines += again
            return lines
        case ast.CommentStmt():
            return _comment(statement, before) or cannot
        case ast.RenameStmt():
            return _rename(node, after) or cannot
        case ast.AlterTableStmt():
            return _alter(statement, before, after)
        case ast.GrantStmt() if node.is_grant:
            text = RawStream()(node)
            return [text.replace("GRANT ", "REVOKE ", 1).replace(" TO ", " FROM ").replace(" WITH GRANT OPTION", "")]
        case ast.DropStmt():
            return Derived("", f"statement {statement.number} drops something with its data; only a backup has it")
        case ast.UpdateStmt() | ast.DeleteStmt() | ast.TruncateStmt() | ast.MergeStmt():
            return Derived("", f"statement {statement.number} changes rows; what they were is not in the catalogue")
        case ast.AlterEnumStmt():
            return Derived("", f"statement {statement.number} adds an enum label, which PostgreSQL cannot remove")
        case _:
            return cannot


def _alter(statement: Statement, before: Snapshot, after: Snapshot) -> list[str] | Derived:
    node = statement.node
    table = _relation(node.relation, before, "table ", "view ", "materialised view ", "index ")
    lines: list[str] = []
    for command in reversed(node.cmds):
        undone = _command(command, table, statement, before, after)
        if isinstance(undone, Derived):
            return undone
        lines += undone
    return lines


def _command(command: Any, table: str, statement: Statement, before: Snapshot, after: Snapshot) -> list[str] | Derived:
    kind = AlterTableType
    name = _quote(command.name) if command.name else ""
    alter = f"ALTER TABLE {table}"
    column = before.catalogue.get(f"column {table}.{name}")
    match command.subtype:
        case kind.AT_AddColumn:
            column_name = _quote(command.def_.colname)
            if f"column {table}.{column_name}" in before.catalogue:
                return []
            return [f"{alter} DROP COLUMN {column_name}"]
        case kind.AT_AddConstraint:
            new = [
                key.removeprefix("constraint ").removesuffix(f" on {table}")
                for key in after.catalogue
                if key.startswith("constraint ") and key.endswith(f" on {table}") and key not in before.catalogue
            ]
            named = _quote(command.def_.conname) if command.def_.conname else None
            if named is None and len(new) == 1:
                named = new[0]
            if named is not None and f"constraint {named} on {table}" not in after.catalogue:
                return []
            if named is None:
                return Derived("", f"statement {statement.number} adds several constraints without naming them")
            return [f"{alter} DROP CONSTRAINT {named}"]
        case kind.AT_DropConstraint:
            was = before.catalogue.get(f"constraint {name} on {table}")
            return [f"{alter} ADD CONSTRAINT {name} {was['definition']}"] if was else []
        case kind.AT_ValidateConstraint:
            was = before.catalogue.get(f"constraint {name} on {table}")
            if was is None or was["validated"]:
                return []
            return [f"{alter} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {was['definition']}"]
        case kind.AT_SetNotNull if column:
            return [] if column["not null"] else [f"{alter} ALTER COLUMN {name} DROP NOT NULL"]
        case kind.AT_DropNotNull if column:
            return [f"{alter} ALTER COLUMN {name} SET NOT NULL"] if column["not null"] else []
        case kind.AT_ColumnDefault if column:
            if column["default"] is None:
                return [f"{alter} ALTER COLUMN {name} DROP DEFAULT"]
            return [f"{alter} ALTER COLUMN {name} SET DEFAULT {column['default']}"]
        case kind.AT_AlterColumnType if column:
            return [f"{alter} ALTER COLUMN {name} TYPE {column['type']} USING {name}::{column['type']}"]
        case kind.AT_SetStatistics if column:
            target = column["statistics target"]
            return [f"{alter} ALTER COLUMN {name} SET STATISTICS {-1 if target is None else target}"]
        case kind.AT_SetStorage if column:
            storage = {"p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"}[column["storage"]]
            return [f"{alter} ALTER COLUMN {name} SET STORAGE {storage}"]
        case kind.AT_SetRelOptions | kind.AT_ResetRelOptions:
            return _options(command, alter, table, before)
        case kind.AT_ChangeOwner:
            owner = (before.catalogue.get(f"table {table}") or {}).get("owner")
            return [f"{alter} OWNER TO {_quote(owner)}"] if owner else []
        case kind.AT_EnableRowSecurity:
            return [f"{alter} DISABLE ROW LEVEL SECURITY"]
        case kind.AT_DisableRowSecurity:
            return [f"{alter} ENABLE ROW LEVEL SECURITY"]
        case kind.AT_DropColumn:
            return Derived(
                "", f"statement {statement.number} drops {table}.{name} with its values; only a backup has them"
            )
        case _:
            return Derived("", f"statement {statement.number} cannot be undone from the catalogue alone")


def _options(command: Any, alter: str, table: str, before: Snapshot) -> list[str]:
    was = dict(each.split("=", 1) for each in (before.catalogue.get(f"table {table}") or {}).get("options") or ())
    names = [option.defname for option in command.def_]
    restore = [f"{name} = {was[name]}" for name in names if name in was]
    forget = [name for name in names if name not in was]
    lines = [f"{alter} SET ({', '.join(restore)})"] if restore else []
    return lines + ([f"{alter} RESET ({', '.join(forget)})"] if forget else [])


def _rename(node: Any, after: Snapshot) -> list[str] | None:
    old, new = _quote(node.subname or ""), _quote(node.newname)
    match node.renameType:
        case ObjectType.OBJECT_COLUMN:
            return [f"ALTER TABLE {_relation(node.relation, after)} RENAME COLUMN {new} TO {old}"]
        case ObjectType.OBJECT_TABCONSTRAINT:
            return [f"ALTER TABLE {_relation(node.relation, after)} RENAME CONSTRAINT {new} TO {old}"]
        case ObjectType.OBJECT_TABLE | ObjectType.OBJECT_INDEX | ObjectType.OBJECT_VIEW | ObjectType.OBJECT_SEQUENCE:
            word = {
                ObjectType.OBJECT_TABLE: "TABLE", ObjectType.OBJECT_INDEX: "INDEX", ObjectType.OBJECT_VIEW: "VIEW",
                ObjectType.OBJECT_SEQUENCE: "SEQUENCE",
            }[node.renameType]  # fmt: skip
            schema = f"{_quote(node.relation.schemaname)}." if node.relation.schemaname else ""
            return [f"ALTER {word} {schema}{new} RENAME TO {_quote(node.relation.relname)}"]
    return None


def _comment(statement: Statement, before: Snapshot) -> list[str] | None:
    node = statement.node
    parts = [part.sval for part in node.object] if isinstance(node.object, tuple) else []
    kinds = {
        ObjectType.OBJECT_TABLE: "table", ObjectType.OBJECT_COLUMN: "table column", ObjectType.OBJECT_VIEW: "view",
        ObjectType.OBJECT_INDEX: "index",
    }  # fmt: skip
    kind = kinds.get(node.objtype)
    if kind is None or not parts:
        return None
    tail = ".".join(_quote(part) for part in parts)
    was = next(
        (
            fact["text"]
            for name, fact in before.catalogue.items()
            if name.startswith(f"comment on {kind} ") and name.endswith((f" {tail}", f".{tail}"))
        ),
        None,
    )
    head = RawStream()(node).rpartition(" IS ")[0]
    return [f"{head} IS {sql.Literal(was).as_string() if was is not None else 'NULL'}"]


def _relation(node: Any, snapshot: Snapshot, *kinds: str) -> str:
    """The full name of a relation, found in the catalogue when the file leaves its schema out."""
    if node.schemaname:
        return str(QualifiedName(node.schemaname, node.relname))
    for kind in kinds or ("table ", "view ", "materialised view "):
        for name in snapshot.catalogue:
            if name.startswith(kind) and name.endswith(f".{_quote(node.relname)}"):
                return name.removeprefix(kind)
    return str(qualified((None, node.relname)))


def _new(kind: str, before: Snapshot, after: Snapshot, wanted: str | None, table: Any) -> str | None:
    found = [
        name.removeprefix(kind) for name in after.catalogue if name.startswith(kind) and name not in before.catalogue
    ]
    if wanted:
        found = [name for name in found if name.endswith(f".{_quote(wanted)}")]
    else:
        on = f" ON {_relation(table, after)} "
        found = [name for name in found if on in f"{after.catalogue[kind + name]['definition'].replace(' ONLY', '')} "]
    return found[0] if len(found) == 1 else None


def _find(kind: str, snapshot: Snapshot, item: Any) -> str | None:
    parts = [_quote(part.sval) for part in item]
    tail = ".".join(parts)
    return next(
        (
            name.removeprefix(kind)
            for name in snapshot.catalogue
            if name.startswith(kind) and (name == kind + tail or name.endswith(f".{tail}"))
        ),
        None,
    )


def _dotted(parts: Any) -> str:
    return ".".join(_quote(part.sval) for part in parts)


def _quote(word: str) -> str:
    return str(QualifiedName("x", word)).removeprefix("x.")
