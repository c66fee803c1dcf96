"""A constraint on rows that are there: NOT VALID then VALIDATE, or an index first and the constraint on it."""

from typing import Any

from pglast import ast
from pglast.enums import AlterTableType, ConstrType
from pglast.stream import RawStream

from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rewrites.not_null import not_null
from tools.postgres.rehearsal.rewrites.step import No, ident, made, words

_UNIQUE = (ConstrType.CONSTR_UNIQUE, ConstrType.CONSTR_PRIMARY)


def steps(case: Case, table: QualifiedName, command: Any, number: int) -> list[str] | No | None:
    """Source: PostgreSQL documentation, ALTER TABLE, ADD table_constraint, and its notes."""
    if command.subtype != AlterTableType.AT_AddConstraint or command.def_.skip_validation:
        return None
    return constraint(case, table, command.def_)


def constraint(case: Case, table: QualifiedName, node: Any) -> list[str] | No | None:
    """The steps for one constraint of a table that is there."""
    if node.contype in (ConstrType.CONSTR_FOREIGN, ConstrType.CONSTR_CHECK):
        if case.trial.before.catalogue[f"table {table}"]["partition key"] and node.contype == ConstrType.CONSTR_FOREIGN:
            return No("a foreign key of a partitioned table cannot be NOT VALID before PostgreSQL 18: add it to each"
                      " partition first")  # fmt: skip
        tail = "_".join([*words(node.fk_attrs), "fkey"]) if node.contype == ConstrType.CONSTR_FOREIGN else "check"
        name = ident(made(case, table, node, f"{table.name}_{tail}"))
        text = RawStream()(node)
        if node.conname is None:
            text = f"CONSTRAINT {name} {text}"
        return [f"ALTER TABLE {table} ADD {text} NOT VALID", f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}"]
    if node.contype in _UNIQUE and node.keys and not node.indexname:
        return _unique(case, table, node)
    if node.contype == ConstrType.CONSTR_EXCLUSION:
        return No("PostgreSQL can neither validate an exclusion constraint later nor rest it on an index built before")
    return None


def _unique(case: Case, table: QualifiedName, node: ast.Constraint) -> list[str] | No:
    if case.trial.before.catalogue[f"table {table}"]["partition key"]:
        return No("a unique constraint of a partitioned table cannot rest on an index that was built CONCURRENTLY")
    keys = words(node.keys)
    primary = node.contype == ConstrType.CONSTR_PRIMARY
    name = ident(made(case, table, node, f"{table.name}_pkey" if primary else "_".join([table.name, *keys, "key"])))
    lines: list[str] = []
    if primary:
        for key in keys:
            fact = case.trial.before.catalogue.get(f"column {table}.{ident(key)}")
            if fact is not None and not fact["not null"]:
                lines += not_null(table, key)
    columns = ", ".join(ident(key) for key in keys)
    more = f" INCLUDE ({', '.join(ident(each) for each in words(node.including))})" if node.including else ""
    nulls = " NULLS NOT DISTINCT" if getattr(node, "nulls_not_distinct", False) else ""
    late = (" DEFERRABLE" if node.deferrable else "") + (" INITIALLY DEFERRED" if node.initdeferred else "")
    return [
        *lines,
        f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({columns}){more}{nulls}",
        f"ALTER TABLE {table} ADD CONSTRAINT {name} {'PRIMARY KEY' if primary else 'UNIQUE'} USING INDEX {name}{late}",
    ]
