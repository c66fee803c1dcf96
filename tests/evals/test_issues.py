"""Thirty issue texts, each answered by the team on the sample world; right by what `issues.toml` says of it."""

import asyncio
import re
import tomllib
from pathlib import Path

import pytest

from agents.asked import questions
from agents.doors.command import answer, ask
from agents.office import team
from agents.playbooks import PLAYBOOKS
from common.config.settings import Settings, settings
from tools.postgres.grant import grant
from tools.worlds import load

ISSUES = tomllib.loads((Path(__file__).parent / "issues.toml").read_text())["issue"]


def test_there_are_thirty():
    assert len(ISSUES) == len({one["name"] for one in ISSUES}) == 30


@pytest.fixture(scope="module")
def world(postgres18):
    """The sample world with its faults, loaded once; (reader's DSN, DSN of an empty state store)."""
    live, state = postgres18.new_database("template1"), postgres18.new_database("template1")
    asyncio.run(load(live.dsn, "f2"))
    return asyncio.run(grant(live.dsn, Settings(), role="reader_of_issues", apply=True)).dsn, state.dsn


@pytest.fixture
def reader(world, monkeypatch):
    monkeypatch.setenv("DBCREW_STATE_DSN", world[1])
    settings.cache_clear()
    yield world[0]
    settings.cache_clear()


@pytest.mark.parametrize("issue", ISSUES, ids=[one["name"] for one in ISSUES])
def test_triage_sees_the_situation(issue):
    title, _, body = issue["text"].strip().partition("\n")
    found = [max(PLAYBOOKS.values(), key=lambda one: one.fits(question)).name for question in questions(title, body)]
    assert found[: len(issue["playbooks"])] == issue["playbooks"]


@pytest.mark.parametrize("issue", ISSUES, ids=[one["name"] for one in ISSUES])
def test_the_answer_is_right(issue, reader):
    async def work():
        async with team(reader, lambda line: None) as crew:
            return await answer(await ask(issue["text"], "", crew), crew)

    said = asyncio.run(work())
    codes = {one["code"] for one in said.json["findings"]}
    proposals = [one["up"] or one["sql"] for one in said.json["proposals"]]
    assert set(issue.get("codes", ())) <= codes, codes
    assert all(word in said.markdown for word in issue.get("says", ()))
    assert "withheld" not in said.markdown
    if "status" in issue:
        assert said.json["status"] == issue["status"]
    if issue.get("proposes"):
        assert any(re.search(issue["proposes"], one, re.S) for one in proposals), proposals
    elif "proposes" in issue:
        assert not proposals
