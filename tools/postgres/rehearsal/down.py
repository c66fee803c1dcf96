"""The way back, derived from a migration and the catalogue as it was before.

What is derived here makes and removes objects; comments, rights, owners and the like are mended afterwards (mend.py),
by what is still different once it has run.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pglast import ast
from pglast.enums import ObjectType

from tools.postgres.rehearsal.alterations import altered
from tools.postgres.rehearsal.found import Found, Underivable, dotted, quote
from tools.postgres.rehearsal.recreate import definition, dropped
from tools.postgres.rehearsal.script import Statement
from tools.postgres.rehearsal.snapshot import Snapshot


@dataclass(frozen=True)
class Derived:
    """`sql` undoes the migration; empty when it cannot be derived, and `reason` then says why."""

    sql: str
    reason: str = ""


def derive(statements: tuple[Statement, ...], before: Snapshot, after: Snapshot) -> Derived:
    """The statements that undo these, last first. What a statement destroyed is named, never made up."""
    found = Found(statements, before, after)
    lines: list[str] = []
    try:
        for statement in reversed(statements):
            lines += [line for line in dict.fromkeys(_undo(statement, found)) if line not in lines]
    except Underivable as error:
        return Derived("", f"statement {statement.number} {error}")
    return Derived("".join(f"{line};\n" for line in lines))


def _undo(statement: Statement, found: Found) -> list[str]:
    undo = _UNDO.get(type(statement.node))
    if undo is None:
        raise Underivable("cannot be undone from the catalogue alone")
    return list(undo(statement.node, found))


def _nothing(node: Any, found: Found) -> list[str]:
    """It changes no object, or only what is mended afterwards."""
    return []


def _index(node: ast.IndexStmt, found: Found) -> Iterator[str]:
    table = found.relation(node.relation)
    if found.fresh(table):
        return
    mine = [name for name in found.new("index ") if found.after[f"index {name}"]["table"] == table]
    if node.idxname:
        schema = table.rpartition(".")[0]
        mine = [name for name in mine if name == f"{schema}.{quote(node.idxname)}"]
    elif found.unnamed_indexes(table) != len([each for each in mine if not found.named_index(each)]):
        raise Underivable("makes an index whose name cannot be told")
    else:
        mine = [each for each in mine if not found.named_index(each)]
    for name in mine:
        if f"constraint {name.rpartition('.')[2]} on {table}" not in found.after:  # it went into a constraint
            yield f"DROP INDEX {'CONCURRENTLY ' if node.concurrent else ''}{name}"


def _table(node: ast.CreateStmt, found: Found) -> Iterator[str]:
    name = found.relation(node.relation)
    if f"table {name}" in found.made:
        yield f"DROP TABLE {name}"


def _made_by_query(node: Any, found: Found) -> Iterator[str]:
    name = found.relation(node.into.rel)
    for kind, word in (("table", "TABLE"), ("materialised view", "MATERIALIZED VIEW")):
        if f"{kind} {name}" in found.made:
            yield f"DROP {word} {name}"


def _view(node: ast.ViewStmt, found: Found) -> Iterator[str]:
    name = found.relation(node.view)
    was = found.before.get(f"view {name}")
    if was is None:
        yield f"DROP VIEW {name}"
    elif was != found.after.get(f"view {name}"):
        yield f"CREATE OR REPLACE VIEW {definition(name, was)}"


def _function(node: ast.CreateFunctionStmt, found: Found) -> Iterator[str]:
    tail = dotted(node.funcname)
    for name in found.new("function "):
        if name.partition("(")[0] == tail or name.partition("(")[0].endswith(f".{tail}"):
            yield f"DROP ROUTINE {name}"
    for key, was in found.before.items():
        short = key.removeprefix("function ").partition("(")[0]
        changed = key in found.after and found.after[key].get("definition") != was.get("definition")
        if key.startswith("function ") and (short == tail or short.endswith(f".{tail}")) and changed:
            yield str(was["definition"]).rstrip()


def _sequence(node: ast.CreateSeqStmt, found: Found) -> Iterator[str]:
    name = found.relation(node.sequence)
    if f"sequence {name}" in found.made:
        yield f"DROP SEQUENCE {name}"


def _numbering(node: ast.AlterSeqStmt, found: Found) -> Iterator[str]:
    name = found.relation(node.sequence)
    was = found.before.get(f"numbering of {name}")
    if was is not None:
        cycle = "CYCLE" if was["cycle"] else "NO CYCLE"
        yield (
            f"ALTER SEQUENCE {name} AS {was['type']} INCREMENT BY {was['by']} MINVALUE {was['least']}"
            f" MAXVALUE {was['most']} START WITH {was['start']} CACHE {was['cache']} {cycle}"
        )


def _type(node: Any, found: Found) -> Iterator[str]:
    parts = getattr(node, "typeName", None) or getattr(node, "domainname", None)
    yield f"DROP {'DOMAIN' if isinstance(node, ast.CreateDomainStmt) else 'TYPE'} {dotted(parts)}"


def _composite(node: ast.CompositeTypeStmt, found: Found) -> Iterator[str]:
    relation: Any = node.typevar
    yield f"DROP TYPE {dotted_of(relation)}"


def dotted_of(relation: Any) -> str:
    """The name of a RangeVar as written."""
    return ".".join(quote(part) for part in (relation.schemaname, relation.relname) if part)


def _label(node: ast.AlterEnumStmt, found: Found) -> Iterator[str]:
    if not node.oldVal:
        raise Underivable("adds an enum label, which PostgreSQL cannot remove")
    old, new = (str(each).replace("'", "''") for each in (node.oldVal, node.newVal))
    yield f"ALTER TYPE {dotted(node.typeName)} RENAME VALUE '{new}' TO '{old}'"


def _schema(node: ast.CreateSchemaStmt, found: Found) -> Iterator[str]:
    if f"schema {quote(str(node.schemaname))}" in found.made:
        yield f"DROP SCHEMA {quote(str(node.schemaname))}"


def _extension(node: ast.CreateExtensionStmt, found: Found) -> Iterator[str]:
    if f"extension {node.extname}" in found.made:
        yield f"DROP EXTENSION {quote(str(node.extname))}"


def _trigger(node: ast.CreateTrigStmt, found: Found) -> Iterator[str]:
    table = found.relation(node.relation)
    name = f"trigger {quote(str(node.trigname))} on {table}"
    if f"table {table}" in found.made:
        return
    if name in found.made:
        yield f"DROP TRIGGER {quote(str(node.trigname))} ON {table}"
    elif name in found.before and found.before[name] != found.after.get(name):
        yield found.before[name]["definition"].replace("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER", 1)


def _policy(node: ast.CreatePolicyStmt, found: Found) -> Iterator[str]:
    table = found.relation(node.table)
    if f"table {table}" not in found.made:
        yield f"DROP POLICY {quote(str(node.policy_name))} ON {table}"


def _statistics(node: ast.CreateStatsStmt, found: Found) -> Iterator[str]:
    if not node.defnames:
        raise Underivable("makes statistics whose name cannot be told")
    yield f"DROP STATISTICS {dotted(node.defnames)}"


def _rows(node: Any, found: Found) -> list[str]:
    """Rows of a new table go with it; values written to new columns go with them."""
    table = found.relation(node.relation)
    if f"table {table}" in found.made:
        return []
    columns = [quote(str(each.name)) for each in getattr(node, "targetList", None) or ()]
    if isinstance(node, ast.UpdateStmt) and all(f"column {table}.{each}" in found.made for each in columns):
        return []
    if isinstance(node, ast.InsertStmt):
        raise Underivable("adds rows; which of them are new is not in the catalogue")
    raise Underivable("changes rows; what they were is not in the catalogue")


def _truncate(node: Any, found: Found) -> list[str]:
    if any(f"table {found.relation(each)}" not in found.made for each in node.relations or ()):
        raise Underivable("removes rows; what they were is not in the catalogue")
    return []


def _renamed(node: Any, found: Found) -> Iterator[str]:
    old, new = quote(node.subname or ""), quote(str(node.newname))
    relation: Any = node.relation
    if node.renameType in (ObjectType.OBJECT_COLUMN, ObjectType.OBJECT_TABCONSTRAINT):
        word = "COLUMN" if node.renameType == ObjectType.OBJECT_COLUMN else "CONSTRAINT"
        yield f"ALTER TABLE {found.relation(relation)} RENAME {word} {new} TO {old}"
    elif node.renameType in _RENAMED and relation is not None:
        schema = f"{quote(relation.schemaname)}." if relation.schemaname else ""
        yield f"ALTER {_RENAMED[node.renameType]} {schema}{new} RENAME TO {quote(relation.relname)}"
    elif node.renameType in (ObjectType.OBJECT_TRIGGER, ObjectType.OBJECT_POLICY):
        word = "TRIGGER" if node.renameType == ObjectType.OBJECT_TRIGGER else "POLICY"
        yield f"ALTER {word} {new} ON {found.relation(relation)} RENAME TO {old}"
    elif node.renameType == ObjectType.OBJECT_SCHEMA:
        yield f"ALTER SCHEMA {new} RENAME TO {old}"
    elif node.renameType == ObjectType.OBJECT_TYPE:
        *schemas, last = [part.sval for part in node.object]
        yield f"ALTER TYPE {'.'.join([*map(quote, schemas), new])} RENAME TO {quote(last)}"
    else:
        raise Underivable("cannot be undone from the catalogue alone")


def _moved(node: Any, found: Found) -> Iterator[str]:
    relation: Any = node.relation
    words = {ObjectType.OBJECT_TABLE: "TABLE", ObjectType.OBJECT_VIEW: "VIEW", ObjectType.OBJECT_SEQUENCE: "SEQUENCE"}
    word = words.get(node.objectType)
    if word is None or relation is None:
        raise Underivable("cannot be undone from the catalogue alone")
    was = found.find_before(word.lower(), relation)
    schema = was.partition(".")[0]
    yield f"ALTER {word} {quote(str(node.newschema))}.{quote(relation.relname)} SET SCHEMA {schema}"


def _altered(node: ast.AlterTableStmt, found: Found) -> Iterator[str]:
    table = found.relation(node.relation)
    if found.fresh(table) and not found.attached(node):
        return
    for command in reversed(node.cmds or ()):
        lines = altered(command, table, found)
        if isinstance(lines, str):
            raise Underivable(lines)
        yield from lines


_RENAMED = {
    ObjectType.OBJECT_TABLE: "TABLE", ObjectType.OBJECT_INDEX: "INDEX", ObjectType.OBJECT_VIEW: "VIEW",
    ObjectType.OBJECT_SEQUENCE: "SEQUENCE", ObjectType.OBJECT_MATVIEW: "MATERIALIZED VIEW",
}  # fmt: skip
_UNDO: dict[type, Callable[[Any, Found], Iterable[str]]] = {
    ast.IndexStmt: _index, ast.CreateStmt: _table, ast.CreateTableAsStmt: _made_by_query, ast.ViewStmt: _view,
    ast.CreateFunctionStmt: _function, ast.CreateSeqStmt: _sequence, ast.AlterSeqStmt: _numbering,
    ast.CreateEnumStmt: _type, ast.CreateRangeStmt: _type, ast.CreateDomainStmt: _type,
    ast.CompositeTypeStmt: _composite, ast.AlterEnumStmt: _label, ast.CreateSchemaStmt: _schema,
    ast.CreateExtensionStmt: _extension, ast.CreateTrigStmt: _trigger, ast.CreatePolicyStmt: _policy,
    ast.CreateStatsStmt: _statistics, ast.InsertStmt: _rows, ast.UpdateStmt: _rows, ast.DeleteStmt: _rows,
    ast.MergeStmt: _rows, ast.TruncateStmt: _truncate, ast.DropStmt: dropped, ast.RenameStmt: _renamed,
    ast.AlterObjectSchemaStmt: _moved, ast.AlterTableStmt: _altered,
}  # fmt: skip
_UNDO |= dict.fromkeys(
    (
        ast.TransactionStmt, ast.VariableSetStmt, ast.VariableShowStmt, ast.SelectStmt, ast.CommentStmt, ast.GrantStmt,
        ast.AlterOwnerStmt, ast.AlterStatsStmt, ast.VacuumStmt, ast.ReindexStmt, ast.ClusterStmt, ast.RefreshMatViewStmt,
        ast.LockStmt, ast.ConstraintsSetStmt,
    ),
    _nothing,
)  # fmt: skip
