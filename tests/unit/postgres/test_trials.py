"""Which of several measured changes is the best: noise is no gain, and a larger index has to earn its size."""

from typing import Any

from tools.postgres.rehearsal.stopwatch import Timed
from tools.postgres.trials import Tried, best_of

BEFORE = Timed(ms=100.0, fastest_ms=90.0, slowest_ms=130.0, runs=5, rows=1, plan={})


def tried(ms: float, spread: float = 0.02, size: int = 8192, **more: Any) -> Tried:
    values: dict[str, Any] = {"restores": True, "used": True, "size_bytes": size} | more
    return Tried(
        name="", up="CREATE INDEX", down="DROP INDEX", sql=values.pop("sql", ""), before_ms=100.0, after_ms=ms,
        fastest_ms=ms * (1 - spread), slowest_ms=ms * (1 + spread), **values,
    )  # fmt: skip


def test_a_gain_within_the_spread_of_the_runs_is_none() -> None:
    assert best_of([tried(85.0, 0.1)], BEFORE) is None
    assert best_of([tried(85.0, 0.02)], BEFORE) == 0


def test_a_covering_index_of_twice_the_size_is_not_worth_42_microseconds() -> None:
    narrow, covering = tried(0.139, size=7_000_000), tried(0.097, size=14_000_000)
    assert best_of([covering, narrow], BEFORE) == 1
    assert best_of([narrow, covering], BEFORE) == 0


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
    exact, filtering = tried(0.10, size=9_000_000, plan=scan(50, 0)), tried(0.11, size=2_000_000, plan=scan(50, 400))
    assert best_of([filtering, exact], BEFORE) == 1
    assert best_of([filtering.model_copy(update={"plan": scan(50, 0)}), exact], BEFORE) == 0


def test_a_larger_index_that_is_clearly_faster_is_chosen() -> None:
    assert best_of([tried(20.0, size=1000), tried(5.0, size=2000)], BEFORE) == 1


def test_what_the_plan_does_not_read_or_cannot_be_undone_is_not_chosen() -> None:
    assert best_of([tried(1.0, used=False), tried(1.0, restores=False), tried(1.0, same_rows=False)], BEFORE) is None


def test_a_new_statement_is_not_preferred_to_an_index_that_does_the_same() -> None:
    rewrite = tried(1.0, sql="SELECT 1").model_copy(update={"up": "", "down": "", "restores": None, "size_bytes": None})
    assert best_of([rewrite, tried(1.01)], BEFORE) == 1
    assert best_of([rewrite, tried(30.0)], BEFORE) == 0
