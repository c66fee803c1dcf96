"""The search within storage: what is chosen fits, and space that is short goes to what gains most for its bytes."""

import math

from tools.postgres.advise.candidate import Candidate, Part
from tools.postgres.advise.costs import Costed, Indexes, Query
from tools.postgres.advise.search import Search
from tools.postgres.advise.sizes import estimate
from tools.postgres.plans.schema import Column, Table

TABLE = Table(1, "public", "t", rows=1e6, size_bytes=100_000_000)
BEFORE = 20_000.0


def index(*names: str) -> Candidate:
    return Candidate(TABLE, "public.t", "btree", tuple(Part(name) for name in names))


WIDE, A, B, C = index("a", "z"), index("a"), index("b"), index("c")
COSTS = {
    "qa": {WIDE: 10.0, A: 100.0},
    "qb": {B: 10.0},
    "qc": {C: 100.0},
}
SIZES = {WIDE: 60, A: 10, B: 50, C: 35}


class Known:
    """A trial whose answers are written down."""

    async def cost(self, sql: str, indexes: Indexes) -> Costed:
        found = {each: cost for each, cost in COSTS[sql].items() if each in indexes}
        best = min(found, key=lambda each: found[each], default=None)
        return Costed(BEFORE) if best is None else Costed(found[best], frozenset((best,)))

    async def size(self, candidate: Candidate) -> int:
        return SIZES[candidate] * 1_000_000


async def chosen(storage: float, *, sparing: bool = True) -> set[Candidate]:
    queries = [Query(number, name) for number, name in enumerate(COSTS, 1)]
    offered = {query.number: list(COSTS[query.sql]) for query in queries}
    search = Search(Known(), queries, offered, storage_bytes=storage * 1_000_000, inventive=False, sparing=sparing)
    return set((await search.run()).indexes)


async def test_a_slim_index_makes_room_for_another_statement() -> None:
    assert await chosen(1_000) >= {B, C}
    assert await chosen(95) == {A, B, C}
    assert await chosen(60) == {A, B}
    assert await chosen(9) == set()


async def test_what_is_chosen_always_fits() -> None:
    for storage in range(0, 160, 5):
        assert sum(SIZES[each] for each in await chosen(storage)) <= storage


async def test_storage_that_was_granted_is_used_for_what_it_brings() -> None:
    assert await chosen(1_000) == {A, B, C}
    assert await chosen(1_000, sparing=False) == {WIDE, B, C}
    assert sum(SIZES[each] for each in await chosen(100, sparing=False)) <= 100


async def test_when_time_is_up_what_helps_alone_is_still_offered() -> None:
    queries = [Query(number, name) for number, name in enumerate(COSTS, 1)]
    offered = {query.number: list(COSTS[query.sql]) for query in queries}
    search = Search(Known(), queries, offered, inventive=False)
    found = await search.explore()
    search._until = -math.inf
    assert await search._chosen(found) >= {B, C}


async def test_what_most_of_the_time_goes_to_gets_the_space() -> None:
    """Two statements that gain as much by their costs, and room for one index."""

    async def of(slow: str) -> set[Candidate]:
        queries = [
            Query(number, name, pace=50.0 if name == slow else 1.0) for number, name in enumerate(("qb", "qc"), 1)
        ]
        offered = {query.number: list(COSTS[query.sql]) for query in queries}
        search = Search(Known(), queries, offered, storage_bytes=50_000_000, inventive=False)
        return set((await search.run()).indexes)

    assert await of("qb") == {B}
    assert await of("qc") == {C}


def test_equal_values_of_numeric_share_no_row_pointers() -> None:
    def of(base: str) -> int:
        column = Column("v", base, base, "N", False, width_bytes=8, distinct=100.0)
        table = Table(1, "public", "t", rows=1e6, size_bytes=100_000_000, columns={"v": column})
        return estimate(Candidate(table, "public.t", "btree", (Part("v"),)))

    assert of("int8") < 10_000_000 < 20_000_000 < of("numeric")
