"""What happens to the rows of one copy: nothing, masks on the way, or rows made up; and what the reader must know."""

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql
from psycopg.abc import Params
from psycopg.pq import TransactionStatus
from psycopg.rows import Row

from tools.postgres.channel import Utf8Cursor
from tools.postgres.copying.carried import carried
from tools.postgres.copying.cells import Cells
from tools.postgres.copying.columns import Column, Personal
from tools.postgres.copying.literals import Literals
from tools.postgres.copying.loosening import loosened
from tools.postgres.copying.masks import Masks
from tools.postgres.copying.stream import masker
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.scope import Relation, Scope


class Treatment:
    """How the personal columns of one copy are masked. Its key is in memory only, and gone with this object."""

    def __init__(self, scope: Scope, personal: Personal) -> None:
        self.scope = scope
        self.personal = personal
        self.cells = Cells(Masks(personal.anchors()))
        referring = {(key.child, name) for key in scope.foreign_keys for name in key.child_columns}
        if any(name in personal.masked(oid) for oid, name in referring):
            self.cells.masks.remember()

    def masker(self, table: Relation, encoding: str) -> Callable[[bytes], bytes] | None:
        """For blocks of this table's rows; None when they can pass as they are."""
        return masker(table.columns, self.personal.columns.get(table.oid, {}), self.cells, encoding)

    def target(self, table: Relation) -> Relation:
        """The table that rows go into: the topmost one where masked values decide on the partition."""
        routed = any(each.routes for each in self.personal.masked(table.oid).values())
        return self.scope.relations.get(table.tree, table) if routed else table

    def original(self, table: Relation, column: str, value: str | None) -> str | None:
        """What a key value of the copy is on the live server."""
        if value is None or column not in self.personal.masked(table.oid):
            return value
        return self.cells.masks.original(value)

    def checked(self, *, all_of_them: bool = False) -> list[tuple[QualifiedName, str]]:
        """The columns whose CHECK constraints masked values may break."""
        if all_of_them:
            tables = [each for each in self.scope.relations.values() if each.kind in "rp"]
            return [(table.name, name) for table in tables for name in table.columns]
        return [
            (self.scope.relations[oid].name, name)
            for oid in self.personal.columns
            if oid in self.scope.relations
            for name, column in self.personal.masked(oid).items()
            if column.how != "document" or column.kind
        ]

    async def open(self, keeper: psycopg.AsyncConnection) -> list[str]:
        """Let the columns that cannot be masked be empty; a line for each."""
        notes = []
        for oid in self.personal.columns:
            for name, column in self.personal.masked(oid).items():
                if column.how == "nothing" and oid in self.scope.relations:
                    table = self.scope.relations[oid].name
                    if column.required:
                        await keeper.execute(
                            sql.SQL("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL").format(
                                table.identifier, sql.Identifier(name)
                            )
                        )
                    notes.append(f"{table}.{name}: values of its type cannot be masked, it is empty on the copy")
        return notes

    def statistics(self, statement: str) -> str | None:
        """A statement that carries statistics over, masked; None when it must stay behind."""
        tables = {
            (each.name.schema, each.name.name): self.personal.columns.get(each.oid, {})
            for each in self.scope.relations.values()
        }
        return carried(statement, tables, self.cells)

    def literals(self, *, made_up: bool) -> Literals | None:
        """Masks the constants of statements that run on the copy; None when no column is masked nor rows are made up."""
        tables: dict[str, dict[str, Column]] = {}
        known: dict[str, tuple[str, ...]] = {}
        for each in self.scope.relations.values():
            tables.setdefault(each.name.name, {}).update(self.personal.masked(each.oid))
            known[each.name.name] = (*known.get(each.name.name, ()), *each.columns)
        return Literals(self.cells, tables, known, made_up=made_up) if made_up or any(tables.values()) else None

    @property
    def masked(self) -> tuple[str, ...]:
        """The columns whose values are replaced, `schema.table.column`; of a partitioned table once."""
        found = {}
        for oid in self.personal.columns:
            relation = self.scope.relations.get(oid)
            root = self.scope.relations.get(relation.tree, relation) if relation else None
            for name, column in self.personal.masked(oid).items() if root else ():
                if root is not None and (column.how != "document" or column.kind):
                    found[f"{root.name}.{name}"] = True
        return tuple(sorted(found))


def masking_cursor(literals: Literals) -> type[psycopg.AsyncCursor[Any]]:
    """Cursors that mask the constants of what they run; statements with parameters are our own and stay."""

    class MaskingCursor(Utf8Cursor[Row]):
        async def execute(self, query: Any, params: Params | None = None, **how: Any) -> "MaskingCursor[Row]":
            if params is not None:
                await super().execute(query, params, **how)
                return self
            text = query.as_string(None) if isinstance(query, sql.Composable) else query  # it is sent as UTF-8
            masked = literals.statement(text.decode() if isinstance(text, bytes) else str(text))
            loose = loosened(masked, literals.unlike)
            within = self.connection.info.transaction_status is TransactionStatus.INTRANS
            if loose is not None and not loose.at_once and within:
                await super().execute(b"SAVEPOINT dbcrew_check")
            try:
                await super().execute((loose.text if loose and loose.at_once else masked).encode(), **how)
            except psycopg.errors.CheckViolation:
                if loose is None or loose.at_once:
                    raise
                if within:
                    await super().execute(b"ROLLBACK TO SAVEPOINT dbcrew_check")
                await super().execute(loose.text.encode(), **how)
                literals.let_pass.update(dict.fromkeys(loose.tables))
            return self

    return MaskingCursor
