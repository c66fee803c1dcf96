"""Trying indexes in two places at once: by HypoPG at the live server's size, and on the copy what HypoPG cannot judge."""

from collections.abc import Collection

from tools.postgres.advise.building import beyond_hypopg
from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.clock import Clock
from tools.postgres.advise.costs import Costed, Indexes, Known


class Mixed:
    """A trial whose costs are the live server's: what the copy takes counts as a share of the cost without indexes.

    The planner prices what a bitmap visits as disk reads, and a GIN index far above what it takes: so the share is one
    of times, where the statement can be run on the copy.
    """

    def __init__(self, live: Known, copy: Known, clock: Clock, joining: Collection[str] = ()) -> None:
        """`joining`: the statements that read more than one relation."""
        self._live, self._copy, self._clock, self._joining = live, copy, clock, joining

    async def cost(self, text: str, indexes: Indexes) -> Costed:
        """The cost on the live server, of the better plan: with what HypoPG can make up, or with what the copy holds."""
        # Of several relations HypoPG 1.3 matches the condition of a partial index for the first only.
        joins = text in self._joining
        special = frozenset(each for each in indexes if beyond_hypopg(each) or (joins and each.predicate))
        plain = await self._live.cost(text, indexes - special)
        if not special:
            return plain
        real = await self._copy.cost(text, special)
        if not real.used:
            return plain
        share = await self._clock.share(text, real.used)
        if share is None:
            share = real.cost / max((await self._copy.cost(text, frozenset())).cost, 1e-9)
        before = await self._live.cost(text, frozenset())
        cost = before.cost * share
        return Costed(cost, real.used, before.shown * share) if cost < plain.cost else plain

    async def size(self, candidate: Candidate) -> int:
        """The index's size in bytes at the live table's rows."""
        return await (self._copy if beyond_hypopg(candidate) else self._live).size(candidate)
