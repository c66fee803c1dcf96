"""What a walk through an index until a LIMIT is full counts as."""

from typing import Any

import pytest

from tools.postgres.advise.candidate import Candidate, Part
from tools.postgres.advise.prudence import prudent
from tools.postgres.plans.schema import Table
from tools.postgres.plans.tree import Plan, plan_of

TABLE = Table(1, "public", "t", rows=1e6, size_bytes=100_000_000)
INDEX = Candidate(TABLE, "public.t", "btree", (Part("at"),))


def plan(rows: int = 125, top: str = "Limit", **scan: Any) -> Plan:
    index: dict[str, Any] = {
        "Node Type": "Index Scan", "Index Name": "t_at_idx", "Relation Name": "t", "Plan Rows": rows, "Total Cost": 90_000.0,
    }  # fmt: skip
    return plan_of([{"Plan": {"Node Type": top, "Plan Rows": 20, "Total Cost": 700.0, "Plans": [index | scan]}}])


def cost(one: Plan, name: str = "t_at_idx") -> float:
    return prudent(one, {name: INDEX})


def test_a_walk_that_may_never_end_counts_whole_and_twice() -> None:
    assert cost(plan(Filter="(owner = 7)")) == 180_000.0
    assert cost(plan(Filter="(owner = 7)", **{"Index Cond": "(t.at IS NOT NULL)"})) == 180_000.0  # min() and max()


@pytest.mark.parametrize(
    "one",
    [
        plan(),  # no filter: the first rows are the ones
        plan(rows=500_000, Filter="(NOT deleted)"),  # every second row passes
        plan(Filter="(owner = 7)", **{"Index Cond": "(t.country = 'DE'::text)"}),  # it reads a part of the index
        plan(Filter="(owner = 7)", top="Sort"),  # nothing ends it early: its cost is in the plan's
    ],
)
def test_what_ends_for_sure_costs_what_the_planner_says(one: Plan) -> None:
    assert cost(one) == 700.0


def test_indexes_that_are_there_already_are_not_judged() -> None:
    assert cost(plan(Filter="(owner = 7)"), "another") == 700.0
