"""The catalogue before and after a migration, for whoever looks up what a statement named."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from pglast import ast
from pglast.enums import AlterTableType

from tools.postgres.channel import Row
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.script import Statement
from tools.postgres.rehearsal.snapshot import Snapshot


class Underivable(Exception):
    """What a statement did is not in the catalogue; the message says what."""


class Found:
    """Objects by their names in the snapshots (snapshot.py), before and after."""

    def __init__(self, statements: Sequence[Statement], before: Snapshot, after: Snapshot) -> None:
        self.statements = statements
        self.before: dict[str, Row] = before.catalogue
        self.after: dict[str, Row] = after.catalogue

    @cached_property
    def made(self) -> frozenset[str]:
        """What was not there before."""
        return frozenset(self.after.keys() - self.before.keys())

    def fresh(self, table: str) -> bool:
        """Whether the migration makes the table, so that dropping it undoes all that is done to it. One that it renames
        was there before under another name."""
        renamed = {str(each.node.newname) for each in self.statements if isinstance(each.node, ast.RenameStmt)}
        return f"table {table}" in self.made and table.rpartition(".")[2] not in {quote(name) for name in renamed}

    def new(self, kind: str) -> list[str]:
        """Names of the new objects of a kind (`index `, `function `)."""
        return sorted(name.removeprefix(kind) for name in self.made if name.startswith(kind))

    def find(self, kind: str, tail: str) -> str | None:
        """The full name of an object that was there before, by its name as written."""
        return next(
            (
                name.removeprefix(kind)
                for name in self.before
                if name.startswith(kind) and (name == kind + tail or name.endswith(f".{tail}"))
            ),
            None,
        )

    def find_before(self, kind: str, relation: Any) -> str:
        """The full name that a relation had."""
        tail = ".".join(quote(part) for part in (relation.schemaname, relation.relname) if part)
        return self.find(f"{kind} ", tail) or tail

    def relation(self, node: Any) -> str:
        """The full name of a relation, found in the catalogue when the file leaves its schema out."""
        if node.schemaname:
            return str(QualifiedName(node.schemaname, node.relname))
        for catalogue in (self.before, self.after):
            for kind in ("table ", "view ", "materialised view ", "sequence ", "index "):
                for name in catalogue:
                    if name.startswith(kind) and name.endswith(f".{quote(node.relname)}"):
                        return name.removeprefix(kind)
        return str(QualifiedName("public", node.relname))

    def named_index(self, name: str) -> bool:
        """Whether a statement of the migration gives this name to an index."""
        short = name.rpartition(".")[2]
        return any(
            isinstance(each.node, ast.IndexStmt) and each.node.idxname and quote(each.node.idxname) == short
            for each in self.statements
        ) or any(key.startswith(f"constraint {short} on ") for key in self.after)

    def unnamed_indexes(self, table: str) -> int:
        """How many indexes the migration makes on a table without naming them."""
        return sum(
            isinstance(each.node, ast.IndexStmt)
            and not each.node.idxname
            and self.relation(each.node.relation) == table
            for each in self.statements
        )

    def added(self) -> list[tuple[str, Any]]:
        """(table, constraint) of every ADD CONSTRAINT of the migration."""
        return [
            (self.relation(each.node.relation), command.def_)
            for each in self.statements
            if isinstance(each.node, ast.AlterTableStmt) and each.node.relation is not None
            for command in each.node.cmds or ()
            if command.subtype == AlterTableType.AT_AddConstraint
        ]

    def attached(self, node: ast.AlterTableStmt) -> bool:
        """Whether the statement makes a partition of another table, or ends that."""
        kinds = (AlterTableType.AT_AttachPartition, AlterTableType.AT_DetachPartition)
        return any(command.subtype in kinds for command in node.cmds or ())


def quote(word: str) -> str:
    """A name as PostgreSQL writes it."""
    return str(QualifiedName("x", word)).removeprefix("x.")


def dotted(parts: Any) -> str:
    """A list of names as PostgreSQL writes it, with dots."""
    return ".".join(quote(part.sval) for part in parts)
