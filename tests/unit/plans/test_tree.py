"""Exclusive times, parallel workers and CTEs in a plan tree, and plans read from what people paste."""

import json
from typing import Any

import pytest

from common.errors import InputError
from tools.postgres.plans.mermaid import MOST_NODES, escaped, flowchart
from tools.postgres.plans.pasted import read_pasted
from tools.postgres.plans.text import tree_text
from tools.postgres.plans.tree import plan_of


def node(
    kind: str, ms: float, rows: float = 1, loops: int = 1, plans: list[Any] | None = None, **more: Any
) -> dict[str, Any]:
    return {
        "Node Type": kind, "Actual Total Time": ms, "Actual Rows": rows, "Actual Loops": loops, "Plan Rows": rows,
        "Total Cost": 1.0, "Plans": plans or [], **more,
    }  # fmt: skip


def test_parallel_time_counts_processes_once() -> None:
    scan = node("Seq Scan", 60.0, rows=1000, loops=3)
    inner = node("Index Scan", 0.01, loops=3000)
    plan = plan_of(
        [
            {
                "Plan": node(
                    "Gather",
                    100.0,
                    plans=[node("Nested Loop", 95.0, loops=3, plans=[scan, inner])],
                    **{"Workers Launched": 2},
                )
            }
        ]
    )
    gather, loop, outer, lookup = plan.nodes
    assert outer.inclusive_ms == pytest.approx(60.0)
    assert outer.rows == 3000
    assert lookup.inclusive_ms == pytest.approx(0.01 * 3000 / 3)
    assert loop.exclusive_ms == pytest.approx(95.0 - 60.0 - 10.0)
    assert gather.exclusive_ms == pytest.approx(5.0)


def workers(rows: float, gathered: float, kind: str = "Gather") -> str:
    scan = node("Seq Scan", 60.0, rows=rows, loops=3)
    return tree_text(plan_of({"Plan": node(kind, 100.0, rows=gathered, plans=[scan])})).splitlines()[1]


def test_rows_that_were_rounded_a_loop_are_not_said_to_the_last() -> None:
    assert "ms, 400,000 rows, 3 loops" in workers(133333, 400000)  # what Gather returns, its processes gave it
    assert "ms, about 400,000 rows, 3 loops" in workers(133334, 1, "Aggregate")
    assert "ms, about 30 rows, 3 loops" in workers(11, 5)  # a LIMIT above may leave some of theirs with the processes
    assert "ms, fewer than 2 rows, 3 loops" in workers(0, 1, "Aggregate")
    assert "ms, 400,001 rows, 3 loops" in workers(133333.67, 1, "Aggregate")  # hundredths, from PostgreSQL 18 on
    lookups = node("Index Scan", 0.01, rows=1.5, loops=300000)
    assert "about 450,000 rows" in tree_text(plan_of({"Plan": node("Nested Loop", 9.0, plans=[lookups])}))


def test_a_cte_is_paid_by_its_reader() -> None:
    made = node("Seq Scan", 80.0, **{"Parent Relationship": "InitPlan", "Subplan Name": "CTE x"})
    reader = node("CTE Scan", 90.0, **{"CTE Name": "x"})
    plan = plan_of({"Plan": node("Aggregate", 100.0, plans=[made, reader])})
    assert [each.exclusive_ms for each in plan.nodes] == pytest.approx([10.0, 80.0, 10.0])


@pytest.mark.parametrize(
    ("name", "text"), [("InitPlan 1 (returns $0)", "(a = $0)"), ("InitPlan 1", "(a = (InitPlan 1).col1)")]
)
def test_an_init_plan_is_paid_by_the_node_that_reads_it(name: str, text: str) -> None:
    first = node("Result", 30.0, **{"Parent Relationship": "InitPlan", "Subplan Name": name})
    scan = node("Seq Scan", 90.0, Filter=text)
    plan = plan_of({"Plan": node("Aggregate", 100.0, plans=[first, scan])})
    assert [each.exclusive_ms for each in plan.nodes] == pytest.approx([10.0, 30.0, 60.0])


def test_no_plan_is_an_error() -> None:
    with pytest.raises(ValueError, match="no plan"):
        plan_of([{"Utility": 1}])


TEXT = """\
                                                   QUERY PLAN
----------------------------------------------------------------------------------------------------------------
 Limit  (cost=10.00..11.00 rows=20 width=8) (actual time=1.000..90.000 rows=20 loops=1)
   Buffers: shared hit=10 read=3
   ->  Sort  (cost=10.00..11.00 rows=200 width=8) (actual time=1.000..89.000 rows=20 loops=1)
         Sort Key: created_at DESC
         Sort Method: external merge  Disk: 12345kB
         ->  Seq Scan on transactions t  (cost=0.00..9.00 rows=200 width=8) (actual time=0.100..80.000 rows=50 loops=1)
               Filter: (status = 'pending'::text)
               Rows Removed by Filter: 400000
 Planning Time: 0.200 ms
 Execution Time: 91.000 ms
(9 rows)
"""


def test_text_is_read() -> None:
    plan = read_pasted(TEXT)
    assert [each.kind for each in plan.nodes] == ["Limit", "Sort", "Seq Scan"]
    assert plan.execution_ms == 91.0
    assert plan.complete
    assert plan.nodes[0].get("Shared Read Blocks") == 3
    assert plan.nodes[1].get("Sort Space Used") == 12345
    assert plan.nodes[2].removed == 400000
    assert plan.nodes[2].table == "transactions"
    assert plan.nodes[2].alias == "t"


@pytest.mark.parametrize("width", [40, 60, 79, 100])
def test_hard_wrapped_text_is_the_same_plan(width: int) -> None:
    wrapped = "\n".join(
        line[i : i + width] for line in TEXT.split("\n")[2:] for i in range(0, max(1, len(line)), width)
    )
    plan = read_pasted(wrapped)
    assert [each.kind for each in plan.nodes] == ["Limit", "Sort", "Seq Scan"]
    assert plan.nodes[2].removed == 400000


def test_cut_off_text_and_json_say_so() -> None:
    assert not read_pasted(TEXT[: TEXT.index("Rows Removed")]).complete
    whole = json.dumps([{"Plan": node("Limit", 5.0, plans=[node("Seq Scan", 4.0)]), "Execution Time": 5.0}], indent=2)
    assert read_pasted(whole).complete
    cut = read_pasted(whole[: int(len(whole) * 0.8)])
    assert not cut.complete
    assert cut.root.kind == "Limit"


@pytest.mark.parametrize("text", ["", "hello", "-> (cost=", '{"Node Type": 3', "[[[[", '"Node Type" "Plan" {'])
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_pasted(text)


def test_mermaid_is_escaped_and_bounded() -> None:
    root = node("Seq Scan", 1.0, **{"Relation Name": 'x"]; click A "javascript:alert(1)" <b>'})
    for _ in range(60):
        root = node("Limit", 1.0, plans=[root])
    chart = flowchart(plan_of({"Plan": root}))
    assert sum(1 for line in chart.splitlines() if '["' in line) == MOST_NODES + 1
    assert '"' not in escaped('a"b<c>#`')
    assert "<b>" not in chart
    assert tree_text(plan_of({"Plan": root})).count("\n") == 60
