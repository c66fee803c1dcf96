"""Figures for people: what stands after a count of one is in the singular."""

import pytest

from common.figures import agreeing, fill


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("returns 1 rows.", "returns 1 row."),
        ("1 rows are read", "1 row is read"),
        ("1 indexes were made; 2 indexes were not", "1 index was made; 2 indexes were not"),
        ("1 queries", "1 query"),
        ("11 rows, 0.1 rows, 2,001 rows, v1 rows, E1 rows", "11 rows, 0.1 rows, 2,001 rows, v1 rows, E1 rows"),
        ("1 rowset, 1 status", "1 rowset, 1 status"),
    ],
)
def test_one_is_followed_by_the_singular(text: str, said: str) -> None:
    assert agreeing(text) == said


def test_a_summary_agrees_with_its_facts() -> None:
    assert (
        fill("{read_rows} rows are read in {calls} calls", {"read_rows": 1, "calls": 3}) == "1 row is read in 3 calls"
    )
