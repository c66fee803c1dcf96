"""Trying indexes that are not there, with HypoPG on the live server: btree and BRIN only, nothing is written.

Hypothetical indexes live in one connection. HypoPG has no GIN, and can run out of ids when some 2,500 exist at a time.

The planner's prices take a page for a read from disk, forty times the work of a row and as much as four pages in a row
when it is read out of order. Where the whole database fits in memory that is far from the time a plan takes: an index
that leads to many pages looks as bad as none. There a plan is chosen by the planner's prices and judged by those of
memory (PostgreSQL documentation, Planner Cost Constants: "if your data is likely to be completely in cache ... lower").
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
from tools.postgres.plans.tree import Plan, plan_of

_OID = re.compile(r"<(\d+)>")
"""How HypoPG names what it makes up, at the beginning."""
METHODS = frozenset({"btree", "brin"})
Prices = dict[tuple[str, Indexes], float]
"""What a statement's plan costs in memory, by the indexes it uses."""
_DROP: LiteralString = "SELECT {}.hypopg_drop_index(id::oid) FROM unnest(%s::int8[]) AS id"
_PAGE_PRICE = "0.1"
"""What a page costs that is in memory, beside 0.01 for a row."""
_MEMORY_UNIT = 5.0
"""One unit of cost at these prices takes as long as so many at the usual ones (0.0195 and 0.0034 ms, both medians of 112
plans of the sample world on PostgreSQL 15)."""
_PRICES: LiteralString = (
    "SELECT set_config('seq_page_cost', %s, true) AS seq, set_config('random_page_cost', %s, true) AS random"
)
_SETTINGS: LiteralString = (
    "SELECT current_setting('seq_page_cost') AS seq, current_setting('random_page_cost') AS random,"
    " (SELECT sum(relpages) FROM pg_catalog.pg_class) < (SELECT setting::bigint FROM pg_catalog.pg_settings"
    " WHERE name = 'effective_cache_size') AS cached"
)
_MAKE: LiteralString = (
    "SELECT made.indexrelid::int8 AS id, {}.hypopg_relation_size(made.indexrelid) AS bytes"
    " FROM unnest(%s::text[]) WITH ORDINALITY AS wanted(ddl, place)"
    " CROSS JOIN LATERAL {}.hypopg_create_index(wanted.ddl) AS made ORDER BY wanted.place"
)


class Hypothetical:
    """A trial in one read-only session of the live server."""

    def __init__(self, session: Session, schema: str, prices: tuple[str, str] | None, known: Prices) -> None:
        """`prices`: the server's own of a page in order and out of order, when all it holds fits in memory."""
        self._session, self._schema, self._prices, self._known = session, schema, prices, known
        self._ids: dict[Candidate, int] = {}
        self._sizes: dict[Candidate, int] = {}

    @classmethod
    async def begin(cls, session: Session, known: Prices | None = None) -> "Hypothetical":
        """Start a trial in `session`. Raises NoData when the server cannot do it, saying what it would take.

        `known`: what plans cost in memory, from earlier trials on this server; it is added to.
        """
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
        own = (await session.rows(_SETTINGS))[0]
        prices = (str(own["seq"]), str(own["random"])) if own["cached"] else None
        return cls(session, str(schema), prices, {} if known is None else known)

    async def cost(self, text: str, indexes: Indexes) -> Costed:
        """What `text` costs with these indexes made up: by the planner's plan, and by the prices that hold for it."""
        plan, used = await self._planned(text, indexes)
        whole = prudent(plan, used)
        taken = frozenset(used.values())
        if self._prices is None:
            return Costed(whole, taken, plan.cost)
        if (text, taken) not in self._known:
            await self._session.rows(_PRICES, (_PAGE_PRICE, _PAGE_PRICE))
            cheap, read = await self._planned(text, taken)
            await self._session.rows(_PRICES, self._prices)
            self._known[text, taken] = _MEMORY_UNIT * prudent(cheap, read)
        walked = whole if whole > plan.cost else 0.0
        return Costed(max(walked, self._known[text, taken]), taken, plan.cost)

    async def _planned(self, text: str, indexes: Indexes) -> tuple[Plan, dict[str, Candidate]]:
        """The plan when these are made up and no others, and the candidates it uses by the names they have in it."""
        gone = [self._ids.pop(known) for known in list(self._ids) if known not in indexes]
        if gone:
            await self._session.rows(self._call(_DROP), (gone,))
        await self._make(indexes - self._ids.keys())
        rows = await self._session.rows("EXPLAIN (FORMAT JSON) " + text)
        plan = plan_of(parsed(next(iter(rows[0].values()))))
        made = {oid: each for each, oid in self._ids.items()}
        places = {node.index: _OID.match(node.index) for node in plan.nodes if node.index}
        return plan, {name: made[int(found[1])] for name, found in places.items() if found and int(found[1]) in made}

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
