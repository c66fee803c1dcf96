"""What undoes one command of an ALTER TABLE."""

from typing import Any

from pglast.enums import AlterTableType, ConstrType

from tools.postgres.rehearsal.found import Found, quote

_WORDS = {
    ConstrType.CONSTR_FOREIGN: "FOREIGN KEY", ConstrType.CONSTR_UNIQUE: "UNIQUE", ConstrType.CONSTR_PRIMARY: "PRIMARY KEY",
    ConstrType.CONSTR_CHECK: "CHECK", ConstrType.CONSTR_EXCLUSION: "EXCLUDE", ConstrType.CONSTR_NOTNULL: "NOT NULL",
}  # fmt: skip
_MENDED = (
    AlterTableType.AT_SetStatistics, AlterTableType.AT_SetStorage, AlterTableType.AT_SetCompression,
    AlterTableType.AT_SetOptions, AlterTableType.AT_ResetOptions, AlterTableType.AT_SetRelOptions,
    AlterTableType.AT_ResetRelOptions, AlterTableType.AT_ChangeOwner, AlterTableType.AT_EnableTrig,
    AlterTableType.AT_DisableTrig, AlterTableType.AT_EnableAlwaysTrig, AlterTableType.AT_EnableReplicaTrig,
    AlterTableType.AT_ColumnDefault, AlterTableType.AT_ClusterOn,
)  # fmt: skip


def altered(command: Any, table: str, found: Found) -> list[str] | str:
    """The statements, last first; a word on why when there are none."""
    kind = AlterTableType
    name = quote(command.name) if command.name else ""
    alter = f"ALTER TABLE {table}"
    column = found.before.get(f"column {table}.{name}")
    facts = found.before.get(f"table {table}") or {}
    match command.subtype:
        case kind.AT_AddColumn:
            added = quote(command.def_.colname)
            return [] if f"column {table}.{added}" not in found.made else [f"{alter} DROP COLUMN {added}"]
        case kind.AT_AddConstraint:
            return _constraint(command.def_, table, found)
        case kind.AT_DropConstraint:
            was = found.before.get(f"constraint {name} on {table}")
            return [f"{alter} ADD CONSTRAINT {name} {was['definition']}"] if was else []
        case kind.AT_ValidateConstraint:
            was = found.before.get(f"constraint {name} on {table}")
            if was is None or was["validated"]:
                return []
            return [f"{alter} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {was['definition']}"]
        case kind.AT_SetNotNull:
            return [] if column is None or column["not null"] else [f"{alter} ALTER COLUMN {name} DROP NOT NULL"]
        case kind.AT_DropNotNull:
            return [f"{alter} ALTER COLUMN {name} SET NOT NULL"] if column and column["not null"] else []
        case kind.AT_AlterColumnType:
            if column is None:
                return []
            back = f"{alter} ALTER COLUMN {name} TYPE {column['type']} USING {name}::{column['type']}"
            if column["default"] is None or column["generated"]:
                return [back]
            # A default is cast with its column: it goes first and comes back as it was written.
            column_is = f"{alter} ALTER COLUMN {name}"
            return [f"{column_is} DROP DEFAULT", back, f"{column_is} SET DEFAULT {column['default']}"]
        case kind.AT_EnableRowSecurity | kind.AT_DisableRowSecurity:
            return [f"{alter} {'ENABLE' if facts.get('row security') else 'DISABLE'} ROW LEVEL SECURITY"]
        case kind.AT_ForceRowSecurity | kind.AT_NoForceRowSecurity:
            return [f"{alter} {'FORCE' if facts.get('row security forced') else 'NO FORCE'} ROW LEVEL SECURITY"]
        case kind.AT_SetLogged | kind.AT_SetUnLogged:
            return [f"{alter} SET {'UNLOGGED' if facts.get('persistence') == 'u' else 'LOGGED'}"]
        case kind.AT_AttachPartition:
            return [f"{alter} DETACH PARTITION {found.relation(command.def_.name)}"]
        case kind.AT_DetachPartition:
            part = found.relation(command.def_.name)
            bound = (found.before.get(f"table {part}") or {}).get("partition bound")
            return [f"{alter} ATTACH PARTITION {part} {bound}"] if bound else "detaches what was no partition"
        case kind.AT_AddIdentity:
            return [f"{alter} ALTER COLUMN {name} DROP IDENTITY"] if column else []
        case kind.AT_ReplicaIdentity:
            return _identity(alter, table, facts.get("replica identity"), found)
        case kind.AT_DropColumn:
            if column is None:
                return []
            return f"drops {table}.{name} with its values; only a backup has them"
        case subtype if subtype in _MENDED:
            return []
        case _:
            return "cannot be undone from the catalogue alone"


def _constraint(node: Any, table: str, found: Found) -> list[str] | str:
    """By its name, or by all that the unnamed ones of its kind can be."""
    kind = _WORDS.get(node.contype, "?")
    new = {
        key.removeprefix("constraint ").removesuffix(f" on {table}"): found.after[key]["definition"]
        for key in found.made
        if key.startswith("constraint ") and key.endswith(f" on {table}")
    }
    if node.conname:
        return [f"ALTER TABLE {table} DROP CONSTRAINT {quote(node.conname)}"] if quote(node.conname) in new else []
    others = [each for where, each in found.added() if where == table and each.contype == node.contype]
    named = {quote(each.conname) for each in others if each.conname}
    mine = sorted(name for name, text in new.items() if text.startswith(kind) and name not in named)
    if len(mine) > len([each for each in others if not each.conname]):
        return f"adds a constraint ({kind}) whose name cannot be told"
    return [f"ALTER TABLE {table} DROP CONSTRAINT {name}" for name in mine]


def _identity(alter: str, table: str, was: str | None, found: Found) -> list[str]:
    if was == "i":
        names = [
            key.rpartition(".")[2]
            for key, fact in found.before.items()
            if key.startswith("index ") and fact["table"] == table and fact["replica identity"]
        ]
        return [f"{alter} REPLICA IDENTITY USING INDEX {name}" for name in names]
    return [f"{alter} REPLICA IDENTITY {({'n': 'NOTHING', 'f': 'FULL'}).get(was or 'd', 'DEFAULT')}"]
