"""Trying indexes by building them on a rehearsal copy: every kind, with real sizes and real plans.

An index is hidden from the planner by marking it invalid in the copy's catalogue, so each is built once however many
sets are tried.
"""

import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.costs import Costed, Indexes
from tools.postgres.advise.prudence import prudent
from tools.postgres.plans.tree import Plan, plan_of

_HIDE = "UPDATE pg_catalog.pg_index SET indisvalid = (indexrelid = ANY (%s)) WHERE indexrelid = ANY (%s)"
_LEAVES = (
    "SELECT t.relid::oid::int8 AS oid, c.relname AS name, pg_catalog.pg_relation_size(t.relid) AS bytes"
    " FROM pg_catalog.pg_partition_tree(%s::regclass) AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.relid"
    " UNION SELECT c.oid::int8, c.relname, pg_catalog.pg_relation_size(c.oid) FROM pg_catalog.pg_class AS c"
    " WHERE c.oid = %s::regclass"
)

_NOT_READY = "UPDATE pg_catalog.pg_index SET indisready = (indexrelid = ANY (%s)) WHERE indrelid = %s"
_COLUMNS = (
    "SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped"
    " AND attgenerated = '' ORDER BY attnum"
)
_GIN_GROWTH = 0.91
"""A GIN index grows more slowly than its table: its keys are there already, and longer lists of rows compress better. The
power seen for jsonb of 2 million rows beside samples of 30,000 and of 70,000 rows; for trigrams and arrays of the larger it
was 0.89 and 0.88."""
_INSERTED = 500
_TURNS = 3

Connection = psycopg.AsyncConnection[Any]


class Built:
    """A trial on a copy. `keeper` is the copy's superuser, `reader` a connection that may only read the tables.

    `grown`: how many times more rows the live table has than the copy, by table; sizes are scaled by it.
    """

    def __init__(self, keeper: Connection, reader: Connection, grown: dict[str, float]) -> None:
        self._keeper, self._reader, self._grown = keeper, reader, grown
        self._oids: dict[Candidate, list[int]] = {}
        self._names: dict[str, Candidate] = {}
        self._sizes: dict[Candidate, int] = {}
        self._shown: Indexes = frozenset()
        self._stale: set[tuple[str, str]] = set()
        """Tables with a new index on an expression, which has statistics only when they are analysed."""
        self.build_ms: dict[Candidate, float] = {}

    async def build(self, candidate: Candidate) -> bool:
        """Build one index, hidden at first. False when PostgreSQL does not allow it (not IMMUTABLE, no such class)."""
        began = time.perf_counter()
        try:
            if candidate.extension:
                statement = sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(candidate.extension))
                await self._keeper.execute(statement)
            await self._keeper.execute(_literal(candidate.plain_ddl))
        except psycopg.OperationalError:
            raise
        except psycopg.DatabaseError:
            return False
        self.build_ms[candidate] = (time.perf_counter() - began) * 1000
        place = sql.Identifier(candidate.table.schema, candidate.name).as_string()
        rows = await (await self._keeper.execute(_LEAVES, (place, place))).fetchall()
        self._oids[candidate] = [row[0] for row in rows]
        self._names.update({row[1]: candidate for row in rows})
        self._sizes[candidate] = sum(row[2] for row in rows)
        if any(not part.plain for part in candidate.parts):
            self._stale.add((candidate.table.schema, candidate.table.name))
        await self._show(self._shown, force=True)
        return True

    async def cost(self, text: str, indexes: Indexes) -> Costed:
        """The planner's cost on the copy when exactly these built indexes are to be seen."""
        return self._costed(await self.plan(text, indexes))

    async def plan(self, text: str, indexes: Indexes, *, measured: bool = False, limit_ms: float | None = None) -> Plan:
        """The plan of `text` with exactly these indexes; run, when `measured`, for at most `limit_ms`.

        Raises psycopg.Error, QueryCanceled when it took longer.
        """
        while self._stale:
            await self._keeper.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(*self._stale.pop())))
        await self._show(frozenset(each for each in indexes if each in self._oids))
        how = "ANALYZE, TIMING OFF, BUFFERS, VERBOSE, " if measured else "VERBOSE, "
        async with self._limited(limit_ms):
            cursor = await self._reader.execute(_literal(f"EXPLAIN ({how}FORMAT JSON) {text}"), prepare=True)
            row = await cursor.fetchone()
        assert row is not None
        return plan_of(row[0])

    @asynccontextmanager
    async def _limited(self, limit_ms: float | None) -> AsyncIterator[None]:
        """A lower limit than the connection's own for a while."""
        if limit_ms is None:
            yield
            return
        async with self._reader.transaction():
            await self._reader.execute(f"SET LOCAL statement_timeout = {math.ceil(limit_ms)}")
            yield

    def used(self, plan: Plan) -> Indexes:
        """Which of the built indexes a plan reads."""
        return self._costed(plan).used

    async def size(self, candidate: Candidate) -> int:
        """The index's size in bytes on the copy, scaled to the live table's rows."""
        grown = self._grown.get(candidate.place, 1.0)
        if candidate.method == "gin":
            grown **= _GIN_GROWTH
        return round(self._sizes.get(candidate, 0) * grown)

    async def insert_us(self, candidate: Candidate) -> float | None:
        """Microseconds that the index adds to the insert of one row: 500 rows of the copy's own inserted with it and
        without, the fastest of three turns each, all rolled back. None for a partitioned table, or one without rows.

        No other index is kept up meanwhile, no trigger or foreign key fires: it is the index alone that is timed.
        """
        if candidate.table.kind != "r" or candidate not in self._oids:
            return None
        table = sql.Identifier(candidate.table.schema, candidate.table.name)
        async with self._keeper.transaction(force_rollback=True):
            await self._keeper.execute("SET LOCAL session_replication_role = replica")
            (place,) = await self._row("SELECT %s::regclass::oid::int8", (table.as_string(),))
            names = await (await self._keeper.execute(_COLUMNS, (place,))).fetchall()
            columns = sql.SQL(", ").join(sql.Identifier(row[0]) for row in names)
            insert = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} LIMIT {}").format(
                table, columns, columns, table, sql.Literal(_INSERTED)
            )
            best: dict[bool, float] = {}
            rows = 0
            for _ in range(_TURNS):
                for kept_up in (False, True):
                    await self._keeper.execute(_NOT_READY, (self._oids[candidate] if kept_up else [], place))
                    began = time.perf_counter()
                    rows = (await self._keeper.execute(insert)).rowcount
                    spent = (time.perf_counter() - began) * 1e6
                    best[kept_up] = min(best.get(kept_up, spent), spent)
        return max(0.0, best[True] - best[False]) / rows if rows > 0 else None

    async def _row(self, text: LiteralString, values: tuple[object, ...]) -> tuple[Any, ...]:
        row = await (await self._keeper.execute(text, values)).fetchone()
        assert row is not None
        return tuple(row)

    def _costed(self, plan: Plan) -> Costed:
        used = {node.index: self._names[node.index] for node in plan.nodes if node.index in self._names}
        return Costed(prudent(plan, used), frozenset(used.values()))

    async def _show(self, indexes: Indexes, force: bool = False) -> None:
        if indexes == self._shown and not force:
            return
        every = [oid for oids in self._oids.values() for oid in oids]
        seen = [oid for each in indexes for oid in self._oids[each]]
        await self._keeper.execute(_HIDE, (seen, every))
        self._shown = indexes


def _literal(text: str) -> LiteralString:
    """Text of ours, or a statement that the guard has judged; psycopg's type asks for a literal."""
    return text
