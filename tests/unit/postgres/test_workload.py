"""Workload texts as statements with weights, and the values that statements were seen with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import InputError
from tools.postgres.advise.observed import Observed, constants
from tools.postgres.advise.values import acceptable, named_types
from tools.postgres.advise.workload import from_text


def test_statements_weights_and_lines() -> None:
    found = from_text("-- weight: 2\nSELECT a FROM t WHERE b = 1;\n/* weight = 7 */ SELECT c FROM u;SELECT d FROM v")
    assert [(item.text, item.weight, item.line) for item in found.items] == [
        ("SELECT c FROM u", 7.0, 3),
        ("SELECT a FROM t WHERE b = 1", 2.0, 2),
        ("SELECT d FROM v", 1.0, 3),
    ]


def test_statements_that_differ_in_constants_are_one_and_those_of_two_schemas_two() -> None:
    found = from_text("SELECT 1 FROM a.t WHERE b = 1;SELECT 1 FROM a.t WHERE b = 2.5;SELECT 1 FROM c.t WHERE b = 1")
    assert [(item.text, item.weight, item.others) for item in found.items] == [
        ("SELECT 1 FROM a.t WHERE b = 1", 2.0, ("SELECT 1 FROM a.t WHERE b = 2.5",)),
        ("SELECT 1 FROM c.t WHERE b = 1", 1.0, ()),
    ]


@pytest.mark.parametrize("weight", ["-1", "0", "nan", "inf", "1e999", "1e13", "much"])
def test_odd_weights_are_one_and_named(weight: str) -> None:
    found = from_text(f"-- weight: {weight}\nSELECT a FROM t")
    assert [item.weight for item in found.items] == [1.0]
    assert found.notes[0].startswith(f"line 1: weight {weight} ")


def test_bad_statements_are_named_with_their_line() -> None:
    found = from_text("SELECT a FROM t;\nSELECT FROM WHERE;\nSELECT 'x\0' FROM t;\nEXPLAIN ANALYZE SELECT b FROM t")
    assert [item.text for item in found.items] == ["SELECT a FROM t", "SELECT b FROM t"]
    assert [why.split(":")[0] for _, why in found.bad] == ["line 2", "line 3"]


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = from_text(text)
    except InputError:
        return
    assert found.items or found.bad


def test_constants_stand_where_parameters_do() -> None:
    text = "SELECT a FROM t WHERE b = $1 AND c IN ($2, $3) AND d > $1 LIMIT $4"
    seen = "select a from t where b = 'x''y' and c in (1, -2) and d > 'x''y' limit 7;"
    assert constants(text, seen) == {"$1": "'x''y'", "$2": "1", "$3": "-2", "$4": "7"}


@pytest.mark.parametrize(
    "other",
    [
        "SELECT a FROM t WHERE b = $1",
        "SELECT a FROM t WHERE b = NULL",
        "SELECT a FROM s.t WHERE b = 1",
        "SELECT a FROM t WHERE b = 1 AND c = 2",
        "SELECT a FROM t WHERE b = 'cut of",
        "SELECT a FROM t WHERE b = (SELECT 1)",
    ],
)
def test_other_statements_have_no_constants_for_it(other: str) -> None:
    assert constants("SELECT a FROM t WHERE b = $1", other) == {}


def test_observed_statements_are_found_by_kind() -> None:
    observed = Observed(["<insufficient privilege>", "SELECT a FROM t WHERE b = 5", "SELECT a FROM t WHERE b = 'cut"])
    assert observed.hidden
    seen = observed.seen("SELECT a FROM t WHERE b = $1")
    assert seen is not None
    assert seen.values == {"$1": "5"}
    assert observed.seen("SELECT a FROM t WHERE c = $1") is None


def test_types_that_the_server_does_not_take_before_a_parameter() -> None:
    text = "SELECT 1 FROM t WHERE a > now() - interval $1 AND extract($2 FROM a) = $3 AND b = date $4"
    assert named_types(text) == {"$1": "interval", "$2": "field", "$4": "date"}
    assert acceptable(text) == (
        "SELECT 1 FROM t WHERE a > now() - $1::interval AND extract('year' FROM a) = $3 AND b = $4::date"
    )
