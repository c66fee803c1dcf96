"""Small changes of a set of indexes."""

from hypothesis import given
from hypothesis import strategies as st

from tools.postgres.advise.candidate import Candidate, Part
from tools.postgres.advise.merging import exchanges, lean, merge
from tools.postgres.plans.schema import Table

TABLE = Table(1, "public", "t", rows=1000.0, size_bytes=100_000)


def index(*keys: str, include: tuple[str, ...] = (), predicate: str = "", method: str = "btree") -> Candidate:
    kind = "covering" if include else "composite"
    return Candidate(TABLE, "public.t", method, tuple(Part(key) for key in keys), include, predicate, kind)


def test_the_shorter_ones_keys_begin_the_longers() -> None:
    assert merge(index("a", "b"), index("a")) == index("a", "b")
    assert merge(index("a", "b"), index("b")) is None
    assert merge(index("a"), index("a", "b")) is None


def test_what_is_included_is_joined_and_a_key_is_not_included_twice() -> None:
    merged = merge(index("a", "b", include=("c",)), index("a", include=("b", "d")))
    assert merged is not None
    assert merged.include == ("c", "d")
    assert merged.kind == "covering"


def test_other_conditions_methods_and_too_much_do_not_merge() -> None:
    assert merge(index("a", "b"), index("a", predicate="b = 1")) is None
    assert merge(index("a", "b"), index("a", method="gin")) is None
    many = tuple(f"c{number}" for number in range(6))
    more = tuple(f"d{number}" for number in range(6))
    assert merge(index("a", "b", include=many), index("a", include=more)) is None


def test_lean_leaves_the_include_out_and_what_was_said_of_it() -> None:
    one = Candidate(
        TABLE, "public.t", "btree", (Part("a"),), ("b",), kind="covering", why="finds t by a, and holds b: no visit"
    )
    assert lean(one).include == ()
    assert (lean(one).kind, lean(one).why) == ("single", "finds t by a")


KEYS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True)
INDEXES = st.builds(
    lambda keys, include: index(*keys, include=tuple(each for each in include if each not in keys)),
    KEYS,
    st.lists(st.sampled_from("efg"), max_size=2, unique=True),
)


@given(st.frozensets(INDEXES, max_size=4), st.frozensets(INDEXES, max_size=4), st.booleans())
def test_what_goes_was_there_what_comes_was_not_and_without_invention_was_offered(
    chosen: frozenset[Candidate], offered: frozenset[Candidate], inventive: bool
) -> None:
    for out, into in exchanges(chosen, sorted(offered, key=lambda each: each.body), inventive):
        assert out
        assert out <= chosen
        if not inventive:
            assert into <= offered | chosen
        if len(out) == 1:
            assert not into & chosen


@given(INDEXES, INDEXES)
def test_a_merged_index_begins_with_both_and_holds_what_both_hold(one: Candidate, other: Candidate) -> None:
    merged = merge(one, other)
    if merged is not None:
        assert merged.parts[: len(other.parts)] == other.parts
        held = {part.text for part in merged.parts} | {*merged.include}
        assert held >= {*one.include, *other.include} | {part.text for part in one.parts}
