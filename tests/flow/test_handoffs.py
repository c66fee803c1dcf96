"""Work handed on: an issue for the other role, the case that waits for it, its end that resumes the case."""

import asyncio
import shutil

import psycopg
import pytest

from agents.boards.local import LocalBoard
from agents.dispatch import dispatch
from agents.doors.command import answer, ask
from agents.office import team
from common.config.settings import Settings, settings
from common.errors import Refused
from common.state.cases import Cases, Request

SLOW = "why is this slow: SELECT * FROM shop.orders WHERE id = 17"
SCANS = "why is this slow: SELECT * FROM shop.orders WHERE customer_id = 17"


def spoil(shop) -> None:
    """Dead rows in the orders, which are the administrator's business."""
    with psycopg.connect(shop.owner, autocommit=True) as connection:
        connection.execute("ALTER TABLE shop.orders SET (autovacuum_enabled = off)")
        connection.execute("UPDATE shop.orders SET state = state WHERE id % 2 = 0")
        connection.execute("SELECT pg_stat_force_next_flush()")


def consulted(shop, text: str = SLOW):
    async def work():
        async with team(shop.reader, lambda line: None) as crew:
            return await answer(await ask(text, "", crew), crew)

    return asyncio.run(work())


def rows(shop, statement: str) -> list[tuple]:
    with psycopg.connect(shop.state) as connection:
        return connection.execute(statement.encode()).fetchall()


def test_upkeep_goes_to_the_administrator_and_its_answer_comes_back(shop):
    spoil(shop)
    said = consulted(shop)
    (handoff,) = said.json["handoffs"]
    assert handoff["role"] == "admin"
    assert f"#{handoff['issue']} to the admin" in said.markdown
    assert "autovacuum-disabled" in said.markdown
    assert rows(shop, "SELECT labels, parent, open FROM dbcrew.issues WHERE parent IS NOT NULL") == [
        (["agent:database-admin", "handoff", "state:answered"], 1, False)
    ]
    assert rows(shop, "SELECT id, status, request->>'hops', request->>'parent' FROM dbcrew.cases ORDER BY id") == [
        ("local#1", "done", "0", ""),
        ("local#2", "done", "1", "local#1"),
    ]
    assert rows(shop, "SELECT issue, count(*) FROM dbcrew.comments GROUP BY 1 ORDER BY 1") == [(1, 1), (2, 1)]


def test_a_case_that_is_looked_at_again_hands_nothing_on_twice(shop):
    """The copy could not be made the first time; what the administrator was asked by then is asked once."""
    spoil(shop)

    async def work(retry: str):
        async with team(shop.reader, lambda line: None) as crew:
            return await answer(await crew.work(retry, retry=True) if retry else await ask(SCANS, "", crew), crew)

    free = shutil.disk_usage
    try:
        shutil.disk_usage = lambda place: free(place)._replace(free=0)
        first = asyncio.run(work(""))
    finally:
        shutil.disk_usage = free
    assert (first.exit_code, first.report.status) == (3, "partial")
    assert len(first.json["handoffs"]) == 1
    second = asyncio.run(work(first.json["case"]))
    assert second.report.status == "done"
    assert second.json["handoffs"] == first.json["handoffs"]
    assert rows(shop, "SELECT count(*) FROM dbcrew.issues") == [(2,)]
    assert rows(shop, "SELECT issue, count(*) FROM dbcrew.comments GROUP BY 1 ORDER BY 1") == [(1, 1), (2, 1)]


def test_at_the_limit_nothing_is_handed_on(shop, monkeypatch):
    spoil(shop)
    monkeypatch.setenv("DBCREW_MAX_HOPS", "0")
    settings.cache_clear()
    said = consulted(shop)
    assert not said.json["handoffs"]
    assert not rows(shop, "SELECT 1 FROM dbcrew.issues WHERE parent IS NOT NULL")
    assert "autovacuum-disabled" in said.markdown


async def test_work_that_was_handed_on_too_often_is_refused(shop):
    async with team(shop.reader, lambda line: None) as crew:
        board = LocalBoard(crew.store)
        issue = await board.open_issue("x", "health check", "dbcrew", ("agent:database-admin",), "m")
        far = Request(board="local", issue=issue, actor="dbcrew", hops=Settings().max_hops + 1)
        with pytest.raises(Refused, match="too often"):
            await dispatch(far, "test", board, Cases(crew.store), Settings())


def test_a_stranger_may_not_ask(shop):
    async def work():
        async with team(shop.reader, lambda line: None) as crew:
            issue = await crew.board.open_issue("x", "health check", "mallory", ("agent:database",), "m")
            request = Request(board="local", issue=issue, actor="mallory[bot]")
            await dispatch(request, "test", crew.board, Cases(crew.store), Settings())

    with pytest.raises(Refused, match="may not set work off"):
        asyncio.run(work())
