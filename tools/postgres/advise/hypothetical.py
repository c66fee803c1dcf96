"""Trying indexes that are not there, with HypoPG on the live server: btree and BRIN only, nothing is written.

Hypothetical indexes live in one connection. HypoPG has no GIN, and can run out of ids when some 2,500 exist at a time.
"""

from typing import Any

import orjson
from psycopg import sql

from common.errors import DbcrewError, NoData
from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.costs import Costed, Indexes
from tools.postgres.advise.sizes import estimate
from tools.postgres.connection import Postgres, Session
from tools.postgres.plans.tree import plan_of

METHODS = frozenset({"btree", "brin"})


class Hypothetical:
    """A trial in one read-only session of the live server."""

    def __init__(self, session: Session, schema: str) -> None:
        self._session, self._schema = session, schema
        self._ids: dict[Candidate, int] = {}
        self._sizes: dict[Candidate, int] = {}

    @classmethod
    async def begin(cls, session: Session) -> "Hypothetical":
        """Start a trial in `session`. Raises NoData when the server cannot do it, saying what it would take."""
        schema = await session.value(
            "SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace"
            " WHERE e.extname = 'hypopg'"
        )
        if schema is None:
            raise NoData(reason="HypoPG is not installed in this database", needs="CREATE EXTENSION hypopg;")
        logs = await session.value(
            "SELECT setting FROM pg_settings WHERE name = 'auto_explain.log_min_duration' AND setting <> '-1'"
        )
        if logs is not None:
            # auto_explain looks hypothetical indexes up in the catalogue and fails.
            await session.set_local("auto_explain.log_min_duration", "-1")
        return cls(session, str(schema))

    async def cost(self, text: str, indexes: Indexes) -> Costed:
        """The planner's cost of `text` with these indexes made up."""
        for each in [known for known in self._ids if known not in indexes]:
            await self._session.rows(self._call("hypopg_drop_index"), (self._ids.pop(each),))
        for each in sorted(indexes - self._ids.keys(), key=lambda one: one.body):
            await self._make(each)
        rows = await self._session.rows("EXPLAIN (FORMAT JSON) " + text)
        plan = plan_of(_json(next(iter(rows[0].values()))))
        names = {node.index for node in plan.nodes if node.index}
        used = frozenset(each for each, oid in self._ids.items() if any(name.startswith(f"<{oid}>") for name in names))
        return Costed(plan.cost, used)

    async def size(self, candidate: Candidate) -> int:
        """The index's size in bytes: HypoPG's estimate or ours, the smaller (HypoPG doubles wide and repeating keys)."""
        if candidate not in self._sizes:
            await self._make(candidate)
        return min(self._sizes[candidate], estimate(candidate))

    async def _make(self, candidate: Candidate) -> None:
        made = await self._session.value(
            sql.SQL("SELECT indexrelid::int8 FROM {}.hypopg_create_index(%s)").format(sql.Identifier(self._schema)),
            (candidate.plain_ddl,),
        )
        self._ids[candidate] = int(made)
        if candidate not in self._sizes:
            size = await self._session.value(self._call("hypopg_relation_size"), (int(made),))
            self._sizes[candidate] = int(size)

    def _call(self, function: str) -> sql.Composed:
        return sql.SQL("SELECT {}.{}(%s::int8::oid)").format(sql.Identifier(self._schema), sql.Identifier(function))


async def possible(postgres: Postgres, candidates: list[Candidate]) -> list[Candidate]:
    """Those of the candidates that HypoPG can make: an expression that is not IMMUTABLE, say, is left out.

    One that fails ends its transaction, so doubtful ones are tried each in a session of its own.
    """
    kept: list[Candidate] = []
    for each in candidates:
        if each.method not in METHODS:
            continue
        if all(part.plain and not part.operators for part in each.parts) and not each.predicate:
            kept.append(each)
            continue
        try:
            async with postgres.session([]) as session:
                await (await Hypothetical.begin(session)).size(each)
        except DbcrewError:
            continue
        kept.append(each)
    return kept


def _json(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, (str, bytes)) else value
