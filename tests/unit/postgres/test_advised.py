"""What is said of indexes and of statements that get none: kinds, casts that change nothing, and the reason under a limit."""

import pytest

from tools.postgres.advise.advised import Advice
from tools.postgres.advise.candidate import Candidate, Part
from tools.postgres.advise.candidates import propose
from tools.postgres.advise.case import Case
from tools.postgres.advise.values import Filled
from tools.postgres.advise.workload import Item
from tools.postgres.plans.reading import read
from tools.postgres.plans.schema import Column, Schema, Table


def column(name: str, base: str, category: str) -> Column:
    return Column(name, base, base, category, False, distinct=1000.0, analysed=True)


PARCELS = Table(
    1,
    "public",
    "parcels",
    rows=100_000.0,
    size_bytes=10_000_000,
    columns={
        each.name: each
        for each in (
            column("id", "int8", "N"),
            column("weight_kg", "text", "S"),
            column("code", "varchar", "S"),
            column("sent", "timestamptz", "D"),
            column("town", "text", "S"),
        )
    },
)
SCHEMA = Schema({"parcels": PARCELS})


def kinds(condition: str) -> dict[tuple[str, ...], str]:
    found = propose(read(f"SELECT * FROM parcels WHERE {condition}", SCHEMA))
    return {tuple(part.sql for part in each.parts): each.kind for each in found if not each.include}


@pytest.mark.parametrize(
    ("condition", "key", "kind"),
    [
        ("weight_kg::text = '12'", "weight_kg", "single"),
        ("CAST(weight_kg AS text) = '12'", "weight_kg", "single"),
        ("code::text = 'x'", "code", "single"),
        ("id::bigint = 7", "id", "single"),
        ("id::text = '7'", "(CAST(id AS text))", "expression"),
        ("weight_kg::numeric = 12", "(CAST(weight_kg AS numeric))", "expression"),
        ("weight_kg::varchar(2) = '12'", "(CAST(weight_kg AS varchar(2)))", "expression"),
    ],
)
def test_a_cast_to_the_type_that_it_is_is_no_expression(condition: str, key: str, kind: str) -> None:
    assert kinds(condition) == {(key,): kind}


def test_one_column_is_no_composite_index() -> None:
    found = kinds("weight_kg = '12' AND town = 'x'")
    assert found[("town",)] == found[("weight_kg",)] == "single"
    assert {kind for keys, kind in found.items() if len(keys) > 1} == {"composite"}


INDEX = Candidate(PARCELS, "public.parcels", "btree", (Part("town"),), kind="single")
OTHER = Candidate(PARCELS, "public.parcels", "btree", (Part("code"),), kind="single")
STATEMENT = read("SELECT * FROM parcels WHERE town = 'x'", SCHEMA)


def advice() -> tuple[Advice, Case]:
    found = Advice()
    found.dear[1] = (INDEX, 40.0)
    return found, Case(1, Item(STATEMENT.sql), STATEMENT, [Filled(STATEMENT.sql)], [INDEX])


def test_the_limit_of_storage_is_named_when_it_is_the_reason() -> None:
    found, case = advice()
    found.choice.wished = [INDEX, OTHER]
    found.choice.indexes = [OTHER]
    assert found.short
    assert "40.0 times cheaper" in found.why_not(case)
    assert "storage given has no room" in found.why_not(case)
    found.dear.clear()
    assert "storage given has no room" in found.why_not(case)


def test_the_limit_is_not_named_when_it_was_the_price_or_the_run() -> None:
    found, case = advice()
    assert not found.short
    assert "does not outweigh" in found.why_not(case)
    found.choice.wished = [INDEX]
    found.dropped = [INDEX]
    assert not found.short
    assert "when it was run" in found.why_not(case)
    found.dear.clear()
    assert "storage" not in found.why_not(case)
