"""Trying indexes that are not there, with HypoPG on the live server: btree and BRIN only, nothing is written.

Hypothetical indexes live in one connection. HypoPG has no GIN, and can run out of ids when some 2,500 exist at a time.
"""

import re
from collections.abc import Iterable, Sequence, Set
from typing import Any, LiteralString

import orjson
from psycopg import sql

from common.errors import DbcrewError, EngineDied, NoData
from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.costs import Costed, Indexes
from tools.postgres.advise.prudence import prudent
from tools.postgres.advise.sizes import estimate
from tools.postgres.connection import Postgres, Session
from tools.postgres.plans.tree import plan_of

_OID = re.compile(r"<(\d+)>")
"""How HypoPG names what it makes up, at the beginning."""
METHODS = frozenset({"btree", "brin"})
_DROP: LiteralString = "SELECT {}.hypopg_drop_index(id::oid) FROM unnest(%s::int8[]) AS id"
_MAKE: LiteralString = (
    "SELECT made.indexrelid::int8 AS id, {}.hypopg_relation_size(made.indexrelid) AS bytes"
    " FROM unnest(%s::text[]) WITH ORDINALITY AS wanted(ddl, place)"
    " CROSS JOIN LATERAL {}.hypopg_create_index(wanted.ddl) AS made ORDER BY wanted.place"
)


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
        gone = [self._ids.pop(known) for known in list(self._ids) if known not in indexes]
        if gone:
            await self._session.rows(self._call(_DROP), (gone,))
        await self._make(indexes - self._ids.keys())
        rows = await self._session.rows("EXPLAIN (FORMAT JSON) " + text)
        plan = plan_of(parsed(next(iter(rows[0].values()))))
        made = {oid: each for each, oid in self._ids.items()}
        places = {node.index: _OID.match(node.index) for node in plan.nodes if node.index}
        used = {name: made[int(found[1])] for name, found in places.items() if found and int(found[1]) in made}
        return Costed(prudent(plan, used), frozenset(used.values()))

    async def size(self, candidate: Candidate) -> int:
        """The index's size in bytes: HypoPG's estimate or ours, the smaller (HypoPG doubles wide and repeating keys)."""
        await self.make((candidate,))
        return min(self._sizes[candidate], estimate(candidate))

    async def make(self, candidates: Iterable[Candidate]) -> None:
        """Make up those whose size is not known yet. Raises what the server says to an index it does not allow."""
        await self._make({each for each in candidates if each not in self._sizes})

    async def _make(self, candidates: Set[Candidate]) -> None:
        """All of them in one statement."""
        fresh = sorted(candidates, key=lambda each: each.body)
        if not fresh:
            return
        made = await self._session.rows(self._call(_MAKE), ([each.plain_ddl for each in fresh],))
        for each, row in zip(fresh, made, strict=True):
            self._ids[each] = int(row["id"])
            self._sizes.setdefault(each, int(row["bytes"]))

    def _call(self, statement: LiteralString) -> sql.Composed:
        return sql.SQL(statement).format(*[sql.Identifier(self._schema)] * statement.count("{}"))


async def possible(postgres: Postgres, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those of the candidates that HypoPG can make: an expression that is not IMMUTABLE, say, is left out."""
    made = [each for each in candidates if each.method in METHODS]
    doubtful = [e for e in made if e.predicate or any(not part.plain or part.operators for part in e.parts)]
    refused = set(doubtful) - set(await _made(postgres, doubtful))
    return [each for each in made if each not in refused]


async def _made(postgres: Postgres, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """Those that can be made. One that cannot ends its transaction: then each half is tried by itself."""
    if not candidates:
        return ()
    try:
        async with postgres.session([]) as session:
            await (await Hypothetical.begin(session)).make(candidates)
    except EngineDied:
        raise
    except DbcrewError:
        half = len(candidates) // 2
        return (*await _made(postgres, candidates[:half]), *await _made(postgres, candidates[half:])) if half else ()
    return candidates


def parsed(value: Any) -> Any:
    """JSON that the session hands over as text or read."""
    return orjson.loads(value) if isinstance(value, (str, bytes)) else value
