"""Which of several measured changes is the best: noise is no gain, and a larger index has to earn its size."""

from dataclasses import replace
from typing import Any

from tools.postgres.rehearsal.stopwatch import Timed
from tools.postgres.trials import Tried, best_of, disturbed, gain


def runs(ms: float, spread: float = 0.02, plan: dict[str, Any] | None = None) -> Timed:
    return Timed(ms=ms, fastest_ms=ms * (1 - spread), slowest_ms=ms * (1 + spread), runs=5, rows=1, plan=plan or {})


def tried(*ms: float, before: tuple[float, ...] = (), spread: float = 0.02, size: int = 8192, **more: Any) -> Tried:
    """A change with which the statement takes these times, one for each set of values; 100 ms each without it."""
    values: dict[str, Any] = {"restores": True, "used": True, "size_bytes": size, "sql": ""} | more
    plans = values.pop("plans", [{}] * len(ms))
    afters = [runs(each, spread, plan) for each, plan in zip(ms, plans, strict=True)]
    befores = [runs(each, 0.1) for each in before or [100.0] * len(ms)]
    return Tried(name="", up="CREATE INDEX", down="DROP INDEX", **values, **gain(befores, afters))


def test_a_gain_within_the_spread_of_the_runs_is_none() -> None:
    assert best_of([tried(85.0, spread=0.1)]) is None
    assert best_of([tried(85.0, spread=0.02)]) == 0


def test_one_slow_run_does_not_hide_a_gain() -> None:
    """It says that something else was at work: the change is timed anew. Noise around an old time is no such gain."""
    once_slow = replace(runs(2.0), slowest_ms=120.0)
    assert disturbed([runs(100.0)], [once_slow])
    assert not gain([runs(100.0)], [once_slow])["clearly_faster"]
    assert not disturbed([runs(100.0)], [runs(2.0)])
    assert not disturbed([runs(100.0)], [runs(95.0, 0.1)])


def test_a_covering_index_of_twice_the_size_is_not_worth_42_microseconds() -> None:
    narrow, covering = tried(0.139, size=7_000_000), tried(0.097, size=14_000_000)
    assert best_of([covering, narrow]) == 1
    assert best_of([narrow, covering]) == 0


def scan(rows: int, removed: int) -> dict[str, Any]:
    node = {
        "Node Type": "Index Scan",
        "Relation Name": "t",
        "Plan Rows": rows,
        "Total Cost": 1.0,
        "Actual Total Time": 0.1,
    }
    return {"Plan": node | {"Actual Rows": rows, "Actual Loops": 1, "Rows Removed by Filter": removed}}


def test_a_smaller_index_that_throws_rows_away_is_fast_for_these_values_only() -> None:
    exact, filtering = (
        tried(0.10, size=9_000_000, plans=[scan(50, 0)]),
        tried(0.11, size=2_000_000, plans=[scan(50, 400)]),
    )
    assert best_of([filtering, exact]) == 1
    assert best_of([tried(0.11, size=2_000_000, plans=[scan(50, 0)]), exact]) == 0


def test_an_index_must_serve_the_rare_value_as_well_as_the_common_one() -> None:
    order = tried(0.2, 40.0, size=1_000_000, plans=[scan(20, 8), scan(20, 60_000)])
    both = tried(0.2, 0.2, size=3_000_000, plans=[scan(20, 0), scan(20, 0)])
    assert best_of([order, both]) == 1
    assert best_of([tried(0.2, size=1_000_000, plans=[scan(20, 8)]), both]) == 0  # one value cannot tell them apart


def test_what_makes_one_set_of_values_slower_is_not_chosen() -> None:
    assert best_of([tried(1.0, 130.0, before=(500.0, 100.0))]) is None
    assert best_of([tried(1.0, 105.0, before=(500.0, 100.0))]) == 0


def test_times_of_several_sets_of_values_are_their_mean() -> None:
    found = tried(10.0, 20.0, before=(100.0, 200.0))
    assert (found.before_ms, found.after_ms, found.after_share, found.gain_times) == (150.0, 15.0, 0.1, 10.0)
    assert [each.after_ms for each in found.by_values] == [10.0, 20.0]


def test_a_larger_index_that_is_clearly_faster_is_chosen() -> None:
    assert best_of([tried(20.0, size=1000), tried(5.0, size=2000)]) == 1


def test_what_the_plan_does_not_read_or_cannot_be_undone_is_not_chosen() -> None:
    assert best_of([tried(1.0, used=False), tried(1.0, restores=False), tried(1.0, same_rows=False)]) is None


def test_a_new_statement_is_not_preferred_to_an_index_that_does_the_same() -> None:
    rewrite = tried(1.0, sql="SELECT 1").model_copy(update={"up": "", "down": "", "restores": None, "size_bytes": None})
    assert best_of([rewrite, tried(1.01)]) == 1
    assert best_of([rewrite, tried(30.0)]) == 0


def test_an_index_that_reads_fewer_rows_is_not_beaten_by_noise() -> None:
    order = tried(0.19, size=900_000, plans=[scan(50, 542)])
    both = tried(0.24, size=1_300_000, plans=[scan(50, 32)])
    assert best_of([order, both]) == 1
    assert best_of([order, tried(1.9, size=1_300_000, plans=[scan(50, 32)])]) == 0  # slower than noise explains
