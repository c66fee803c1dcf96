"""What hangs on a column, read from the catalogue as it was before the migration, and the same for another column."""

import re
from dataclasses import dataclass, field
from typing import Any

from pglast import ast
from pglast.enums import ConstrType
from pglast.stream import RawStream
from psycopg import sql

from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.rewrites.step import No, constraint_of, ident, short, words
from tools.postgres.rehearsal.script import walk
from tools.postgres.statements import parse


@dataclass
class Hangs:
    """The statements that build beside the writers what hangs on a column, and those that swap it in."""

    build: list[str] = field(default_factory=list)
    """Before the swap, each on its own."""
    release: list[str] = field(default_factory=list)
    """In the swap, before the old column is dropped."""
    swap: list[str] = field(default_factory=list)
    """In the swap, after the new column has its name."""
    after: list[str] = field(default_factory=list)
    """After the swap, each on its own."""


def hanging(case: Case, table: QualifiedName, column: str, beside: str, final: str) -> Hangs | No:
    """For the column `beside` what hangs on `column`, under the names it has there once `beside` is called `final`.

    All names unquoted. Says No for what cannot be carried over.
    """
    facts = case.trial.before.catalogue
    reason = _fixed(case, table, column)
    if reason is not None:
        return No(reason)
    hangs = Hangs()
    constraints = {
        name.removeprefix("constraint ").removesuffix(f" on {table}"): fact["definition"]
        for name, fact in facts.items()
        if name.startswith("constraint ") and name.endswith(f" on {table}")
    }
    for name, definition in constraints.items():
        if definition.startswith("NOT NULL"):
            if definition.split()[2] == ident(column):
                made = ident(short(f"{table.name}_{beside}_not_null"))
                hangs.swap.append(f"ALTER TABLE {table} RENAME CONSTRAINT {made} TO {name}")
            continue
        node = constraint_of(definition)
        if not _names(node, column):
            continue
        if node.contype == ConstrType.CONSTR_EXCLUSION:
            return No(f"the exclusion constraint {name} rests on it")
        if node.contype in (ConstrType.CONSTR_UNIQUE, ConstrType.CONSTR_PRIMARY):
            kind = "PRIMARY KEY" if node.contype == ConstrType.CONSTR_PRIMARY else "UNIQUE"
            late = (" DEFERRABLE" if node.deferrable else "") + (" INITIALLY DEFERRED" if node.initdeferred else "")
            index = ident(short(f"{name.strip(chr(34))}_next"))
            hangs.swap.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {kind} USING INDEX {index}{late}")
            continue
        made = ident(short(f"{name.strip(chr(34))}_next"))
        text = str(RawStream()(_renamed(node, column, beside)))
        text = text.removeprefix("CONSTRAINT c ")
        hangs.build += [
            f"ALTER TABLE {table} ADD CONSTRAINT {made} {text} NOT VALID",
            f"ALTER TABLE {table} VALIDATE CONSTRAINT {made}",
        ]
        hangs.swap.append(f"ALTER TABLE {table} RENAME CONSTRAINT {made} TO {name}")
    for key, fact in facts.items():
        if key.startswith("index ") and re.search(rf" ON {re.escape(str(table))} USING ", fact["definition"]):
            node = parse(fact["definition"])[0].stmt
            if not _names(node, column):
                continue
            name = str(node.idxname)
            node = _renamed(node, column, beside)
            node.idxname, node.concurrent = short(f"{name}_next"), True
            hangs.build.insert(0, str(RawStream()(node)))
            if ident(name) not in constraints:
                made_index = QualifiedName(table.schema, str(node.idxname))
                hangs.swap.append(f"ALTER INDEX {made_index} RENAME TO {ident(name)}")
    _referencing(case, table, column, final, hangs)
    comment = facts.get(f"comment on table column {table}.{ident(column)}")
    if comment is not None:
        hangs.swap.append(f"COMMENT ON COLUMN {table}.{ident(final)} IS {sql.Literal(comment['text']).as_string()}")
    return hangs


def _referencing(case: Case, table: QualifiedName, column: str, final: str, hangs: Hangs) -> None:
    """Foreign keys of other tables: dropped and put back NOT VALID in the swap, validated after it."""
    for key, fact in case.trial.before.catalogue.items():
        if not key.startswith("constraint ") or f" REFERENCES {table}(" not in fact["definition"]:
            continue
        name, _, other = key.removeprefix("constraint ").partition(" on ")
        node = constraint_of(fact["definition"])
        if column not in words(node.pk_attrs):
            continue
        node.pk_attrs = tuple(ast.String(sval=final if each == column else each) for each in words(node.pk_attrs))
        text = str(RawStream()(node)).removeprefix("CONSTRAINT c ")
        hangs.release.append(f"ALTER TABLE {other} DROP CONSTRAINT {name}")
        hangs.swap.append(f"ALTER TABLE {other} ADD CONSTRAINT {name} {text} NOT VALID")
        hangs.after.append(f"ALTER TABLE {other} VALIDATE CONSTRAINT {name}")


def _fixed(case: Case, table: QualifiedName, column: str) -> str | None:
    """What keeps a column from being replaced by another."""
    facts = case.trial.before.catalogue
    word = re.compile(rf'(?<![\w"]){re.escape(ident(column))}(?![\w"])')
    own = facts[f"table {table}"]
    if own["partition key"] or own["parents"]:
        return f"{table} is partitioned or inherits, and indexes over all partitions cannot be built CONCURRENTLY"
    if facts[f"column {table}.{ident(column)}"]["privileges"]:
        return f"privileges were granted on {column} itself"
    for name, fact in facts.items():
        on = name.endswith(f" on {table}")
        if name.startswith(f"column {table}.") and fact["generated"] and word.search(fact["default"] or ""):
            return f"the generated {name} is worked out from it"
        if on and name.startswith("trigger ") and fact["enabled"] != "D" and _fires(fact["definition"], word):
            return f"the {name.removesuffix(f' on {table}')} would run for every row of the backfill"
        if on and name.startswith(("policy ", "rule ")) and word.search(str(fact)):
            return f"the {name} reads it"
        if name.startswith("statistics ") and str(table) in fact["definition"] and word.search(fact["definition"]):
            return f"the {name} are about it"
        if name.startswith("constraint ") and on and f"REFERENCES {table}(" in fact["definition"]:
            return f"{table} refers to itself by {name.removesuffix(f' on {table}')}"
        if name.startswith(("view ", "materialised view ")) and table.name in fact["definition"] and word.search(
            fact["definition"]
        ):  # fmt: skip
            return f"the {name} reads it: drop it before and make it again after, in the same transaction"
    return None


def _fires(definition: str, word: re.Pattern[str]) -> bool:
    """Whether a trigger runs when another column is filled, or looks for changes of this one."""
    of = re.search(r"UPDATE OF (.*?) ON ", definition)
    return bool(word.search(of[1])) if of else " UPDATE" in definition.split(" ON ")[0]


def of_new(expression: Any) -> str:
    """An expression over a row's columns as a trigger sees the row: every column of NEW."""
    select: Any = parse(f"SELECT {RawStream()(expression)}")[0].stmt
    fresh = select.targetList[0].val
    for each in walk(fresh):
        part = _last(each)
        if part is not None and isinstance(each, ast.ColumnRef):
            each.fields = (ast.String(sval="new"), part)
    return str(RawStream()(fresh))


def _last(each: Any) -> Any:
    """The last part of a column's name as an expression has it; None for anything else."""
    part = each.fields[-1] if isinstance(each, ast.ColumnRef) and each.fields else None
    return part if isinstance(part, ast.String) else None


def _names(node: Any, column: str) -> bool:
    return any(
        ((part := _last(each)) is not None and part.sval == column)
        or (isinstance(each, ast.IndexElem) and each.name == column)
        for each in walk(node)
    ) or column in [*words(getattr(node, "keys", None)), *words(getattr(node, "fk_attrs", None)),
                    *words(getattr(node, "including", None))]  # fmt: skip


def _renamed(node: Any, column: str, other: str) -> Any:
    for each in walk(node):
        part = _last(each)
        if part is not None and part.sval == column:
            part.sval = other
        if isinstance(each, ast.IndexElem) and each.name == column:
            each.name = other
    for name in ("keys", "fk_attrs", "including"):
        if getattr(node, name, None):
            kept = [other if each == column else each for each in words(getattr(node, name))]
            setattr(node, name, tuple(ast.String(sval=each) for each in kept))
    return node
