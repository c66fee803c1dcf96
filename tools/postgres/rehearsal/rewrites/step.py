"""What the rewrites share: their answers, and names as they stand in a statement."""

from dataclasses import dataclass
from typing import Any

from pglast import ast

from tools.postgres.rehearsal.case import Case
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.statements import parse

LOCK_TIMEOUT = "2s"


@dataclass(frozen=True)
class No:
    """There is no safer form, and why."""

    why: str


def ident(word: str) -> str:
    """A single name, quoted where it must be."""
    return str(QualifiedName("x", word)).removeprefix("x.")


def short(name: str) -> str:
    """A name cut to what PostgreSQL keeps of it (63 bytes)."""
    return name.encode()[:63].decode(errors="ignore")


def constraint_of(definition: str) -> Any:
    """The node of a constraint as pg_get_constraintdef writes it."""
    node: Any = parse(f"ALTER TABLE t ADD CONSTRAINT c {definition}")[0].stmt
    return node.cmds[0].def_


def words(names: Any) -> list[str]:
    """The strings of a list of String nodes."""
    return [str(each.sval) for each in names or ()]


def made(case: Case, table: QualifiedName, node: ast.Constraint, default: str) -> str:
    """The name that the migration gave a constraint, unquoted; the one it left to PostgreSQL read from the copy."""
    if node.conname is not None:
        return str(node.conname)
    keys = words(node.fk_attrs or node.keys)
    tail = f" on {table}"
    for name, fact in case.trial.after.catalogue.items():
        if not name.startswith("constraint ") or not name.endswith(tail) or name in case.trial.before.catalogue:
            continue
        if fact["definition"].startswith("NOT NULL"):
            continue
        found = constraint_of(fact["definition"])
        if found.contype == node.contype and words(found.fk_attrs or found.keys) == keys:
            return name.removeprefix("constraint ").removesuffix(tail).strip('"').replace('""', '"')
    return default
