"""Fitting indexes into storage: what comes out is near the best of all sets, whatever the sizes and gains."""

from itertools import chain, combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from tools.postgres.advise.candidate import Candidate, Part
from tools.postgres.advise.costs import Costed, Costs, Indexes, Known, Query
from tools.postgres.advise.search import Search
from tools.postgres.advise.worth import Worth
from tools.postgres.plans.schema import Table

TABLE = Table(1, "public", "t", rows=1e6, size_bytes=1_000_000_000)
BEFORE = 100_000.0
MEGABYTE = 1_000_000
NEAR = 0.9


def index(name: str) -> Candidate:
    return Candidate(TABLE, "public.t", "btree", (Part(name),))


class Written:
    """A trial whose answers are written down: the cost of each statement with each index, and their sizes."""

    def __init__(self, costs: dict[str, dict[Candidate, float]], sizes: dict[Candidate, int]) -> None:
        self._costs, self._sizes = costs, sizes
        self.asked = 0

    async def cost(self, sql: str, indexes: Indexes) -> Costed:
        self.asked += 1
        found = {each: cost for each, cost in self._costs[sql].items() if each in indexes}
        best = min(found, key=lambda each: found[each], default=None)
        return Costed(BEFORE) if best is None else Costed(found[best], frozenset((best,)))

    async def size(self, candidate: Candidate) -> int:
        return self._sizes[candidate]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(1, 60), st.integers(1, 5)), min_size=1, max_size=2), min_size=2, max_size=5
    ),
    st.integers(10, 150),
    st.data(),
)
def test_near_the_best_of_all_sets(kinds: list[list[tuple[int, int]]], storage: int, data: st.DataObject) -> None:
    import asyncio

    costs: dict[str, dict[Candidate, float]] = {}
    sizes: dict[Candidate, int] = {}
    for number, options in enumerate(kinds):
        for option, (size, power) in enumerate(options):
            each = index(f"c{number}_{option}")
            costs.setdefault(f"q{number}", {})[each] = BEFORE / 10**power
            sizes[each] = size * MEGABYTE
    paces = [data.draw(st.sampled_from((0.1, 1.0, 10.0))) for _ in kinds]
    queries = [Query(number, f"q{number}", pace=pace) for number, pace in enumerate(paces)]
    offered = {query.number: list(costs[query.sql]) for query in queries}

    async def check() -> None:
        room = storage * MEGABYTE
        trial = Written(costs, sizes)
        search = Search(trial, queries, offered, storage_bytes=room, inventive=False)
        chosen = frozenset((await search.run()).indexes)
        assert sum(sizes[each] for each in chosen) <= room
        worth = Worth(Costs(trial, offered), queries, sizes, room, lambda each: 0.0)
        await worth.begin()
        worth.short = sum(sizes.values()) > room
        every = chain.from_iterable(combinations(sizes, count) for count in range(len(sizes) + 1))
        fitting = [frozenset(some) for some in every if sum(sizes[each] for each in some) <= room]
        best = max([await worth.gain(frozenset(), some) for some in fitting])
        assert await worth.gain(frozenset(), chosen) >= NEAR * best - 0.1

    asyncio.run(check())


async def test_a_large_index_is_had_for_three_small_ones() -> None:
    """Each of the three brings more for its bytes than the large one, which is what nearly all time goes to."""
    large, small = index("large"), [index(name) for name in "abc"]
    costs = {"large": {large: 100.0}, **{each.parts[0].text: {each: 100.0} for each in small}}
    sizes = {large: 90 * MEGABYTE, **dict.fromkeys(small, 25 * MEGABYTE)}
    queries = [Query(number, name, pace=1000.0 if name == "large" else 1.0) for number, name in enumerate(costs)]
    offered = {query.number: list(costs[query.sql]) for query in queries}
    search = Search(Written(costs, sizes), queries, offered, storage_bytes=100 * MEGABYTE, inventive=False)
    assert (await search.run()).indexes == [large]


async def test_the_planner_is_asked_about_single_indexes_and_the_set_not_about_every_set() -> None:
    costs = {f"q{number}": {index(f"c{number}"): 100.0} for number in range(12)}
    sizes = {each: 10 * MEGABYTE for options in costs.values() for each in options}
    queries = [Query(number, name) for number, name in enumerate(costs)]
    offered = {query.number: list(costs[query.sql]) for query in queries}
    trial = Written(costs, sizes)
    search = Search(trial, queries, offered, storage_bytes=60 * MEGABYTE, inventive=False)
    assert len((await search.run()).indexes) == 6
    assert trial.asked < 200


class Either:
    """A trial in which two indexes help together only."""

    async def cost(self, sql: str, indexes: Indexes) -> Costed:
        both = frozenset((index("a"), index("b")))
        return Costed(10.0, both) if both <= indexes else Costed(BEFORE)

    async def size(self, candidate: Candidate) -> int:
        return MEGABYTE


async def test_a_wider_index_is_known_to_do_what_a_narrow_one_does() -> None:
    known = Known(Either())
    await known.cost("q", frozenset())
    await known.cost("q", frozenset((index("a"), index("b"))))
    wide = Candidate(TABLE, "public.t", "btree", (Part("a"), Part("z", descending=True)))
    guessed = known.guess("q", frozenset((wide, index("b"))))
    assert guessed is not None
    assert guessed.used == {wide, index("b")}
    assert 10.0 < guessed.cost < 11.0
    for other in (
        Candidate(TABLE, "public.t", "btree", (Part("z"), Part("a"))),
        Candidate(TABLE, "public.t", "btree", (Part("a"), Part("z")), predicate="z = 1"),
        Candidate(TABLE, "public.t", "gin", (Part("a"),)),
        Candidate(TABLE, "public.u", "btree", (Part("a"),)),
    ):
        without = known.guess("q", frozenset((other, index("b"))))
        assert without is not None
        assert without.cost == BEFORE


def test_what_an_index_does_for_another() -> None:
    covering = Candidate(TABLE, "public.t", "btree", (Part("a"),), include=("b",))
    assert Candidate(TABLE, "public.t", "btree", (Part("a", descending=True),)).does(index("a"))
    assert Candidate(TABLE, "public.t", "btree", (Part("a"), Part("b"))).does(covering)
    assert not index("a").does(covering)
    assert index("a").does(Candidate(TABLE, "public.t", "brin", (Part("a"),)))
    assert not index("a").does(Candidate(TABLE, "public.t", "gin", (Part("a"),)))
    there_and_back = Candidate(TABLE, "public.t", "btree", (Part("a"), Part("b", descending=True)))
    assert not there_and_back.does(Candidate(TABLE, "public.t", "btree", (Part("a"), Part("b"))))
