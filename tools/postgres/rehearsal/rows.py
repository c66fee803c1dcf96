"""The rows of a copy: whole tables where small, else a reproducible sample that every foreign key agrees with."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql

from common.errors import TimedOut
from tools.postgres.copying.constraints import without_expressions
from tools.postgres.copying.treatment import Treatment
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.orphans import drop_orphans
from tools.postgres.rehearsal.reader import Reader, Slow
from tools.postgres.rehearsal.scope import ForeignKey, Relation, Scope

SEED = 20_01
"""The seed of TABLESAMPLE … REPEATABLE: the same table gives the same sample."""
_CHUNK_PAGES = 8_192
_KEYS = 5_000
_FOCUS_ROWS = 2_000_000


@dataclass(frozen=True)
class Focus:
    """Rows that must all be there: those of `table` whose `column` equals `value` (a hot key keeps its weight)."""

    table: QualifiedName
    column: str
    value: str | int | float | bool


@dataclass(frozen=True)
class Copied:
    """What became of one table. `live_rows` is the planner's count, or one we made where there was none."""

    name: QualifiedName
    live_rows: int
    live_bytes: int
    copied_rows: int
    whole: bool


class Rows:
    """Carries rows from the live server (`reader`) to the copy (`loader`, not a superuser; `keeper`, for questions)."""

    def __init__(
        self,
        reader: Reader,
        loader: psycopg.AsyncConnection,
        keeper: psycopg.AsyncConnection,
        scope: Scope,
        *,
        most: int,
        whole_up_to: int,
        focus: Sequence[Focus] = (),
        progress: Callable[[str], None] = lambda line: None,
        treatment: Treatment | None = None,
    ) -> None:
        self._reader = reader
        self._loader = loader
        self._keeper = keeper
        self._scope = scope
        self._most = most
        self._whole_up_to = max(whole_up_to, most)
        self._focus = focus
        self._progress = progress
        self._treatment = treatment
        self.notes: list[str] = []
        """What could not be done as it is on the live server."""
        self._copied: dict[int, int] = defaultdict(int)

    async def carry(self) -> list[Copied]:
        """Copy all rows that are wanted; returns one entry for every table that has rows of its own."""
        tables = [
            await self._counted(each) for each in self._scope.relations.values() if each.kind == "r" and each.columns
        ]
        trees: dict[int, int] = defaultdict(int)
        for table in tables:
            trees[table.tree] += table.live_rows
        whole = {table.oid for table in tables if trees[table.tree] <= self._limit(table)}
        # Children first: a parent read later under the same or a newer snapshot is there unless it was deleted since.
        for table in sorted(tables, key=self._depth, reverse=True):
            if table.oid in whole:
                await self._whole(table)
            elif table.start:
                await self._sample(table, self._limit(table) / trees[table.tree])
        sampled_parents = [key for key in self._scope.foreign_keys if not self._is_whole(key.parent, whole)]
        await self._close(sampled_parents)
        if self._reader.snapshots > 1 or len(whole) < len(tables):
            await self._reader.release()
            for oid, count in (await drop_orphans(self._loader, self._scope)).items():
                self._copied[oid] -= count
        return [
            Copied(t.name, t.live_rows, t.total_bytes, self._copied[t.oid], t.oid in whole)
            for t in sorted(tables, key=lambda t: t.name)
        ]

    def _limit(self, table: Relation) -> int:
        return self._whole_up_to if table.core else self._most

    def _is_whole(self, oid: int, whole: set[int]) -> bool:
        relation = self._scope.relations[oid]
        if relation.kind == "p":
            return all(
                each.oid in whole
                for each in self._scope.relations.values()
                if each.tree == relation.tree and each.kind == "r"
            )
        return oid in whole

    def _depth(self, table: Relation) -> int:
        """How many foreign keys lead on from this table at most (cycles are cut)."""
        parents: dict[int, set[int]] = defaultdict(set)
        for key in self._scope.foreign_keys:
            parents[key.child].add(key.parent)

        def depth(oid: int, seen: frozenset[int]) -> int:
            if oid in seen or len(seen) > 50:
                return 0
            return max((1 + depth(parent, seen | {oid}) for parent in parents[oid]), default=0)

        return max(depth(table.oid, frozenset()), depth(table.tree, frozenset()))

    async def _counted(self, table: Relation) -> Relation:
        if table.live_rows >= 0:
            return table
        limit = self._limit(table) + 1
        count = sql.SQL("SELECT count(*) FROM (SELECT FROM ONLY {} LIMIT {}) AS part").format(
            table.name.identifier, sql.Literal(limit)
        )
        block = b"".join([each async for each in self._reader.blocks(count)])
        found = int(block)
        # Never analysed and large: what a row takes at the least says how many there may be.
        return replace(table, live_rows=found if found < limit else max(found, table.pages * 60))

    async def _whole(self, table: Relation) -> None:
        columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
        start, step = 0, _CHUNK_PAGES
        while True:
            end = start + step
            last = end >= table.pages
            select = sql.SQL("SELECT {} FROM ONLY {} WHERE ctid >= {}").format(
                columns, table.name.identifier, sql.Literal(f"({start},0)")
            )
            if start == 0 and last:
                select = sql.SQL("SELECT {} FROM ONLY {}").format(columns, table.name.identifier)
            elif not last:
                select += sql.SQL(" AND ctid < {}").format(sql.Literal(f"({end},0)"))
            try:
                await self._pour(table, table, select)
            except Slow:
                if step <= 64:
                    raise TimedOut(
                        what=f"Reading 64 pages of {table.name}", seconds="a snapshot may be held",
                        next="Raise DBCREW_COPY_CHUNK_S and try again.",
                    ) from None  # fmt: skip
                step //= 8
                continue
            if last:
                return
            self._progress(f"copying {table.name}: {self._copied[table.oid]:,} of about {table.live_rows:,} rows")
            start = end

    async def _sample(self, table: Relation, share: float) -> None:
        columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
        conditions = [
            sql.SQL("{} = {}").format(sql.Identifier(each.column), sql.Literal(str(each.value)))
            for each in self._focus
            if each.column in table.columns and self._focused(each, table)
        ]
        hot = sql.SQL(" OR ").join(conditions) if conditions else None
        if hot is not None:
            select = sql.SQL("SELECT {} FROM ONLY {} WHERE {} LIMIT {}").format(
                columns, table.name.identifier, hot, sql.Literal(_FOCUS_ROWS)
            )
            await self._pour_or_stop(table, select)
        while True:
            select = sql.SQL("SELECT {} FROM ONLY {} TABLESAMPLE SYSTEM ({}) REPEATABLE ({})").format(
                columns, table.name.identifier, sql.Literal(min(100.0, 100 * share)), sql.Literal(SEED)
            )
            if hot is not None:
                select += sql.SQL(" WHERE ({}) IS NOT TRUE").format(hot)
            try:
                await self._pour(table, table, select)
            except Slow:
                share /= 4
                if share < 1e-6:
                    raise TimedOut(
                        what=f"Sampling {table.name}", seconds="a snapshot may be held",
                        next="Raise DBCREW_COPY_CHUNK_S and try again.",
                    ) from None  # fmt: skip
                continue
            self._progress(
                f"copied a sample of {table.name}: {self._copied[table.oid]:,} of about {table.live_rows:,} rows"
            )
            return

    def _focused(self, focus: Focus, table: Relation) -> bool:
        root = self._scope.relations.get(table.tree)
        return focus.table == table.name or (root is not None and focus.table == root.name)

    async def _pour_or_stop(self, table: Relation, select: sql.Composable) -> None:
        try:
            await self._pour(table, table, select)
        except Slow:
            raise TimedOut(
                what=f"Reading the rows of {table.name} that the statement asks for", seconds="a snapshot may be held",
                next="Raise DBCREW_COPY_CHUNK_S and try again.",
            ) from None  # fmt: skip

    async def _pour(self, source: Relation, target: Relation, select: sql.Composable) -> int:
        try:
            return await self._poured(source, target, select)
        except psycopg.DataError:
            # A generated column may not be able to make anything of masked values.
            names = await without_expressions(self._keeper, target.name) if self._treatment else []
            if not names:
                raise
            self.notes.append(
                f"{target.name}: {', '.join(names)} cannot be computed from masked values, empty on the copy"
            )
            return await self._poured(source, target, select)

    async def _poured(self, source: Relation, target: Relation, select: sql.Composable) -> int:
        masked = self._treatment.masker(source, self._reader.encoding) if self._treatment else None
        into = self._treatment.target(target) if self._treatment else target
        command = sql.SQL("COPY {} ({}) FROM STDIN").format(
            into.name.identifier, sql.SQL(", ").join(map(sql.Identifier, source.columns))
        )
        async with self._loader.cursor() as cursor:
            async with cursor.copy(command) as sink:
                async for block in self._reader.blocks(select):
                    await sink.write(masked(block) if masked else block)
            count = cursor.rowcount
        self._copied[target.oid] += count
        return count

    async def _close(self, keys: Sequence[ForeignKey]) -> None:
        """Pull in the parents that copied rows refer to, and theirs, until nothing is missing."""
        fresh = {key.child for key in keys}
        for _ in range(100):
            pulled: set[int] = set()
            for key in keys:
                if key.child in fresh and await self._pull(key):
                    pulled.add(key.parent)
            if not pulled:
                return
            fresh = pulled

    async def _pull(self, key: ForeignKey) -> int:
        child, parent = self._scope.relations[key.child], self._scope.relations[key.parent]
        wanted = sql.SQL("SELECT {} FROM {} WHERE {} EXCEPT SELECT {} FROM {}").format(
            sql.SQL(", ").join(map(sql.Identifier, key.child_columns)),
            child.name.identifier,
            sql.SQL(" AND ").join(sql.SQL("{} IS NOT NULL").format(sql.Identifier(c)) for c in key.child_columns),
            sql.SQL(", ").join(map(sql.Identifier, key.parent_columns)),
            parent.name.identifier,
        )
        columns = sql.SQL(", ").join(map(sql.Identifier, parent.columns))
        parts = sql.SQL(", ").join(sql.SQL("k{}::text").format(sql.SQL(str(i))) for i in range(len(key.types)))
        aliases = sql.SQL(", ").join(sql.SQL("k{}").format(sql.SQL(str(i))) for i in range(len(key.types)))
        count = 0
        await self._reader.release()
        async with self._keeper.transaction(), self._keeper.cursor("wanted_keys") as cursor:
            await cursor.execute(sql.SQL("SELECT {} FROM ({}) AS w({})").format(parts, wanted, aliases))
            while batch := await cursor.fetchmany(_KEYS):
                lists = sql.SQL(", ").join(
                    sql.SQL("{}::text[]::{}[]").format(
                        sql.Literal([self._live(child, key.child_columns[i], row[i]) for row in batch]), sql.SQL(kind)
                    )
                    for i, kind in enumerate(key.types)
                )
                select = sql.SQL("SELECT {} FROM {} WHERE ({}) IN (SELECT * FROM unnest({}))").format(
                    columns,
                    parent.name.identifier,
                    sql.SQL(", ").join(map(sql.Identifier, key.parent_columns)),
                    lists,
                )
                try:
                    count += await self._pour(parent, parent, select)
                except Slow:
                    raise TimedOut(
                        what=f"Reading the rows of {parent.name} that {child.name} refers to",
                        seconds="a snapshot may be held",
                        next="Raise DBCREW_COPY_CHUNK_S and try again.",
                    ) from None
        return count

    def _live(self, table: Relation, column: str, value: str | None) -> str | None:
        return self._treatment.original(table, column, value) if self._treatment else value
