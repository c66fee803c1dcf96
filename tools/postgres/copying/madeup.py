"""Rows for a copy where none may be read: made up from the catalogue and the planner's statistics alone."""

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import psycopg
from psycopg import sql

from common.queries import query
from tools.postgres.connection import Postgres
from tools.postgres.copying.treatment import Treatment
from tools.postgres.copying.values import Values, Wanted
from tools.postgres.rehearsal.rows import Copied
from tools.postgres.rehearsal.scope import ForeignKey, Relation, Scope

_HERE = "tools.postgres.copying"
_BLOCK = 5_000
_SPECIAL = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_ROWS_A_PAGE = 60


class MadeUp:
    """Makes up the rows of all tables of a copy: parents first, each child's keys among those of its parents."""

    def __init__(
        self,
        loader: psycopg.AsyncConnection,
        scope: Scope,
        treatment: Treatment,
        *,
        most: int,
        progress: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._loader = loader
        self._scope = scope
        self._treatment = treatment
        self._most = most
        self._progress = progress
        self._values = Values(treatment.cells, random.Random(treatment.cells.masks.stream(b"made up", 16)))
        self._rng = random.Random(treatment.cells.masks.stream(b"rows", 16))
        self._made: dict[tuple[int, str], list[str | None]] = {}
        self._keys = {
            name for key in scope.foreign_keys for name in ((key.parent, each) for each in key.parent_columns)
        }
        self.notes: list[str] = []
        """What could not be made."""

    async def carry(self, postgres: Postgres, trace: list[str]) -> list[Copied]:
        """Fill the copy's tables; one entry for each. Reads the live server's catalogue only."""
        async with postgres.session(trace) as session:
            scope = {"scope": sorted(self._scope.relations)}
            uniques: dict[int, list[list[str]]] = defaultdict(list)
            for row in await session.rows(query(_HERE, "uniques"), scope):
                uniques[row["relation"]].append(row["columns"])
            labels = {row["type"]: row["labels"] for row in await session.rows(query(_HERE, "labels"))}
        tables = [self._counted(each) for each in self._scope.relations.values() if each.kind == "r" and each.columns]
        trees: dict[int, int] = defaultdict(int)
        for table in tables:
            trees[table.tree] += table.live_rows
        copied = []
        for table in self._parents_first(tables):
            share = min(1.0, self._most / max(1, trees[table.tree]))
            rows = round(table.live_rows * share)
            if rows and not any((table.oid, name) in self._treatment.personal.statistics for name in table.columns):
                self.notes.append(
                    f"{table.name}: no statistics that this role may see, only its number of rows is followed"
                )
            made = self._table(table, rows, uniques[table.oid], labels)
            count = await self._load(table, made)
            self._progress(f"made up {table.name}: {count:,} of about {table.live_rows:,} rows")
            copied.append(Copied(table.name, table.live_rows, table.total_bytes, count, share == 1.0))
        return sorted(copied, key=lambda each: each.name)

    @staticmethod
    def _counted(table: Relation) -> Relation:
        return table if table.live_rows >= 0 else replace(table, live_rows=table.pages * _ROWS_A_PAGE)

    def _parents_first(self, tables: Sequence[Relation]) -> list[Relation]:
        trees: dict[int, set[int]] = defaultdict(set)
        tree_of = {each.oid: each.tree for each in self._scope.relations.values()}
        for key in self._scope.foreign_keys:
            if tree_of[key.parent] != tree_of[key.child]:
                trees[tree_of[key.child]].add(tree_of[key.parent])

        def depth(tree: int, seen: frozenset[int]) -> int:
            return 0 if tree in seen else max((1 + depth(up, seen | {tree}) for up in trees[tree]), default=0)

        return sorted(tables, key=lambda table: (depth(table.tree, frozenset()), table.oid))

    def _table(
        self, table: Relation, rows: int, uniques: Sequence[Sequence[str]], labels: dict[str, list[str]]
    ) -> list[list[str | None]]:
        """The columns of a table, each with one value a row."""
        personal = self._treatment.personal
        keys = [key for key in self._scope.foreign_keys if key.child in (table.oid, table.tree)]
        single = {key.child_columns[0]: key for key in keys if len(key.child_columns) == 1}
        alone = {each[0] for each in uniques if len(each) == 1}
        columns: dict[str, list[str | None]] = {}
        # What a table refers to in itself comes after the keys of its own.
        for name in sorted(table.columns, key=lambda each: each in single):
            fact = personal.facts[table.oid, name]
            referred = self._referred(single[name], columns, table) if name in single else None
            known = personal.statistics.get((table.oid, name))
            column = personal.columns.get(table.oid, {}).get(name)
            wanted = Wanted(fact, known, column, name in alone, referred, labels.get(fact["type"], ()))
            columns[name] = self._values.column(wanted, rows, table.live_rows)
        for key in keys:
            if len(key.child_columns) > 1:
                self._composite(key, columns, rows)
        kept = self._without_doubles(columns, [each for each in uniques if set(each) <= columns.keys()], rows)
        found = [[columns[name][at] for at in kept] for name in table.columns]
        for name, values in zip(table.columns, found, strict=True):
            for oid in {table.oid, table.tree}:
                if (oid, name) in self._keys:
                    self._made.setdefault((oid, name), []).extend(values)
        return found

    def _referred(self, key: ForeignKey, own: dict[str, list[str | None]], table: Relation) -> list[str]:
        if key.parent in (table.oid, table.tree) and key.parent_columns[0] in own:
            found = own[key.parent_columns[0]]
        else:
            found = self._made.get((key.parent, key.parent_columns[0]), [])
        values = {value for value in found if value is not None}
        numbers = all(value.lstrip("-").isdigit() for value in values)
        return sorted(values, key=int) if numbers else sorted(values)

    def _composite(self, key: ForeignKey, columns: dict[str, list[str | None]], rows: int) -> None:
        """Several columns that refer to one row together."""
        parents = [self._made.get((key.parent, name), []) for name in key.parent_columns]
        count = min(map(len, parents), default=0)
        picks = [self._rng.randrange(count) if count else -1 for _ in range(rows)]
        for name, values in zip(key.child_columns, parents, strict=True):
            columns[name] = [values[at] if at >= 0 else None for at in picks]

    def _without_doubles(
        self, columns: dict[str, list[str | None]], uniques: Sequence[Sequence[str]], rows: int
    ) -> list[int]:
        """The rows that may stay: a key made of several columns gets combinations that are still free."""
        kept = list(range(rows))
        for names in uniques:
            if len(names) < 2:
                continue
            seen: set[tuple[str | None, ...]] = set()
            doubles = []
            for at in kept:
                value = tuple(columns[name][at] for name in names)
                doubles += [at] if value in seen else []
                seen.add(value)
            different = [list(dict.fromkeys(columns[name])) for name in names]
            free = (each for each in itertools.product(*different) if each not in seen)
            for at in list(doubles):
                fresh = next(free, None)
                if fresh is None:
                    break
                for name, each in zip(names, fresh, strict=True):
                    columns[name][at] = each
                doubles.remove(at)
            gone = set(doubles)
            kept = [at for at in kept if at not in gone]
        return kept

    async def _load(self, table: Relation, columns: Sequence[Sequence[str | None]]) -> int:
        into = self._treatment.target(table)
        command = sql.SQL("COPY {} ({}) FROM STDIN").format(
            into.name.identifier, sql.SQL(", ").join(map(sql.Identifier, table.columns))
        )
        try:
            async with self._loader.cursor() as cursor:
                async with cursor.copy(command) as sink:
                    for block in _blocks(columns):
                        await sink.write(block)
                return cursor.rowcount
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            self.notes.append(f"rows of {table.name}: none made up, {(error.diag.message_primary or '').strip()}")
            return 0


def _blocks(columns: Sequence[Sequence[str | None]]) -> Iterator[str]:
    rows = zip(*columns, strict=True)
    while batch := list(itertools.islice(rows, _BLOCK)):
        lines = ("\t".join("\\N" if each is None else each.translate(_SPECIAL) for each in row) for row in batch)
        yield "\n".join(lines) + "\n"
