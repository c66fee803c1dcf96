"""A statement on masked columns: what its run on the copy does not tell is not told."""

import asyncio

import psycopg
import pytest

from agents.doors.command import answer, ask
from agents.office import team
from common.config.settings import settings

RIDERS = """
CREATE TABLE public.rider (id int PRIMARY KEY, full_name text NOT NULL, joined date NOT NULL, filler text NOT NULL);
INSERT INTO public.rider
SELECT n, CASE WHEN n % 30 = 0 THEN 'Anna Zimmermann ' || n ELSE 'Max Person ' || n END,
       date '2026-01-01' + n % 300, repeat('x', 100)
FROM generate_series(1, 60000) AS n;
"""
BY_PATTERN = "why is this slow: SELECT id, full_name FROM rider WHERE full_name LIKE 'Anna Zimm%'"


def consulted(place, text: str):
    async def work():
        async with team(place.reader, lambda line: None) as crew:
            return await answer(await ask(text, "", crew), crew)

    return asyncio.run(work())


def measured(said):
    (data,) = [one["data"] for one in said.json["evidence"] if one["tool"] == "measure"]
    return data


@pytest.fixture
def place(postgres18, opened):
    return opened(postgres18, RIDERS)


@pytest.fixture
def place_with_hypopg(postgres15, opened):
    return opened(postgres15, f"{RIDERS} CREATE EXTENSION hypopg")


@pytest.mark.parametrize("text", [BY_PATTERN, BY_PATTERN.replace("id, full_name", "count(*)")])
def test_a_pattern_that_finds_nothing_among_masked_values_claims_no_gain(place, text):
    said = consulted(place, text)
    assert "public.rider.full_name masked, it found no row where the live server finds 2,000" in said.markdown
    assert not said.json["proposals"]
    assert said.json["status"] == "partial"
    first = said.markdown.split("</sub>")[0]
    assert "Before and after" not in said.markdown
    assert "→" not in first
    assert "and so are the times" not in said.markdown
    assert "went from" not in first
    assert "No change that was tried makes this clearly faster" not in first
    assert "could not be measured" in first
    assert "DBCREW_POSTGRESQL_COPY=rows" in said.markdown
    assert "(full_name text_pattern_ops)" in said.markdown
    assert measured(said)["best"] is None


def test_what_the_live_planner_expects_of_an_index_is_proposed_as_that(place_with_hypopg):
    said = consulted(place_with_hypopg, BY_PATTERN)
    (proposal,) = said.json["proposals"]
    assert "text_pattern_ops" in proposal["up"]
    assert proposal["gain"] == {"before_ms": None, "after_ms": None}
    assert "no time was measured" in said.markdown
    assert "CREATE EXTENSION" not in said.markdown.split("### Evidence")[0]
    assert "Before and after" not in said.markdown
    assert "and so are the times" not in said.markdown
    with psycopg.connect(place_with_hypopg.owner, autocommit=True) as connection:
        connection.execute(proposal["up"].encode())
        connection.execute(proposal["down"].encode())


def test_a_pattern_among_rows_as_they_are_is_measured(place, monkeypatch):
    monkeypatch.setenv("DBCREW_POSTGRESQL_COPY", "rows")
    settings.cache_clear()
    said = consulted(place, BY_PATTERN)
    (proposal,) = said.json["proposals"]
    assert proposal["gain"]["after_ms"] < proposal["gain"]["before_ms"]
    assert measured(said)["doubt"] == ""


def test_a_masked_name_that_is_compared_whole_is_measured(place):
    said = consulted(place, "why is this slow: SELECT id FROM rider WHERE full_name = 'Anna Zimmermann 3000'")
    (proposal,) = said.json["proposals"]
    assert proposal["gain"]["after_ms"] < proposal["gain"]["before_ms"]
    assert "and so are the times" in said.markdown


def test_what_a_way_back_loses_is_named(place):
    said = consulted(place, "is this safe? ALTER TABLE public.rider ADD COLUMN promo_code text")
    assert "restores catalogue and rows but loses what is named below" in said.report.replies[0].verdict
    below = said.markdown.split("named below", 1)[1]
    assert "- `public.rider.promo_code: values written to it after the migration`" in below.split("<details")[0]
