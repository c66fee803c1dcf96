"""A new column whose values must be worked out for every row: empty first, filled in batches."""

from typing import Any

from pglast import ast
from pglast.enums import AlterTableType, ConstrType
from pglast.stream import RawStream

from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rewrites.batches import batches
from tools.postgres.rehearsal.rewrites.constraint import constraint
from tools.postgres.rehearsal.rewrites.not_null import not_null
from tools.postgres.rehearsal.rewrites.step import No, ident, short

_SERIAL = {"serial": "integer", "serial4": "integer", "bigserial": "bigint", "serial8": "bigint", "smallserial": "smallint",
           "serial2": "smallint"}  # fmt: skip
_SPLIT = (ConstrType.CONSTR_FOREIGN, ConstrType.CONSTR_CHECK, ConstrType.CONSTR_UNIQUE)


def steps(case: Case, table: QualifiedName, command: Any, number: int) -> list[str] | No | None:
    """A volatile default, a serial, or a constraint in the column's definition. Source: ALTER TABLE, notes."""
    if command.subtype != AlterTableType.AT_AddColumn:
        return None
    node = command.def_
    column = ident(node.colname)
    kinds = {each.contype: each for each in node.constraints or ()}
    if ConstrType.CONSTR_GENERATED in kinds and kinds[ConstrType.CONSTR_GENERATED].generated_kind != "v":
        return No("a stored generated column is worked out for every row at once: use a plain column with a trigger, or"
                  " on PostgreSQL 18 a virtual one")  # fmt: skip
    if ConstrType.CONSTR_IDENTITY in kinds:
        return No("an identity column is numbered for every row at once: add it as bigint with DEFAULT nextval(…)")
    serial = _SERIAL.get(str(node.typeName.names[-1].sval)) if len(node.typeName.names) == 1 else None
    step = next((each for each in case.trial.steps if each.number == number), None)
    filled = serial is not None or (ConstrType.CONSTR_DEFAULT in kinds and step is not None and table in step.rewritten)
    if not filled and not any(kind in kinds for kind in _SPLIT):
        return None
    kind = serial or str(RawStream()(node.typeName))
    collation = f" {RawStream()(node.collClause)}" if node.collClause is not None else ""
    lines = [f"ALTER TABLE {table} ADD COLUMN {column} {kind}{collation}"]
    default = RawStream()(kinds[ConstrType.CONSTR_DEFAULT].raw_expr) if ConstrType.CONSTR_DEFAULT in kinds else None
    if serial is not None:
        sequence = QualifiedName(table.schema, short(f"{table.name}_{node.colname}_seq"))
        lines = [
            f"CREATE SEQUENCE {sequence} AS {serial}",
            *lines,
            f"ALTER SEQUENCE {sequence} OWNED BY {table}.{column}",
        ]
        default = f"nextval('{sequence}'::regclass)"
    if filled:
        lines.append(f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {default}")
        empty = f"UPDATE {table} SET {column} = DEFAULT WHERE {column} IS NULL"
        made = batches(case, table, number, lambda where: f"{empty} AND {where}")
        if isinstance(made, No):
            return made
        lines += made
    elif default is not None:
        lines[0] += f" DEFAULT {default}"
    if ConstrType.CONSTR_NOTNULL in kinds or serial is not None:
        if not filled:
            lines[0] += " NOT NULL"
        else:
            lines += not_null(table, str(node.colname))
    for kind_, each in kinds.items():
        if kind_ in _SPLIT:
            more = constraint(case, table, _of_table(each, str(node.colname), table))
            if isinstance(more, No):
                return more
            lines += more or []
    return lines


def _of_table(node: Any, column: str, table: QualifiedName) -> Any:
    """A column's constraint as the table's, under the name that PostgreSQL would give it."""
    if node.contype == ConstrType.CONSTR_FOREIGN and not node.fk_attrs:
        node.fk_attrs = (ast.String(sval=column),)
    if node.contype == ConstrType.CONSTR_UNIQUE and not node.keys:
        node.keys = (ast.String(sval=column),)
    if node.conname is None:
        tail = {ConstrType.CONSTR_FOREIGN: "fkey", ConstrType.CONSTR_CHECK: "check", ConstrType.CONSTR_UNIQUE: "key"}
        node.conname = short(f"{table.name}_{column}_{tail[node.contype]}")
    return node
