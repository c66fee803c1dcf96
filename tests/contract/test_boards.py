"""What every board keeps. A board joins by a fixture of its own in BOARDS that gives it empty."""

import asyncio
import getpass

import pytest

from agents.boards.local import LocalBoard
from common.errors import UnknownObject
from common.state.store import Store

BOARDS = ["local"]


@pytest.fixture
async def local(database):
    async with await Store.open(database.dsn) as store:
        yield LocalBoard(store)


@pytest.fixture(params=BOARDS)
def board(request):
    return request.getfixturevalue(request.param)


async def opened(board, marker: str = "m:1", **more) -> int:
    return await board.open_issue("Slow", "a body", getpass.getuser(), ("agent:database",), marker, **more)


async def test_an_issue_is_as_it_was_opened(board):
    number = await opened(board)
    child = await opened(board, "m:2", parent=number)
    issue = await board.issue(number)
    assert (issue.title, issue.body, issue.labels, issue.open) == ("Slow", "a body", ("agent:database",), True)
    assert issue.author == getpass.getuser()
    assert issue.parent is None
    assert (await board.issue(child)).parent == number


async def test_opening_twice_finds_the_first(board):
    numbers = await asyncio.gather(*(opened(board) for _ in range(5)))
    assert len(set(numbers)) == 1


async def test_a_closed_issue_is_not_found_again(board):
    first = await opened(board)
    await board.close(first)
    await board.close(first)
    assert not (await board.issue(first)).open
    assert await opened(board) != first


async def test_a_comment_is_brought_up_to_date_in_place(board):
    number = await opened(board)
    first = await board.comment(number, "case", "working on it")
    assert await board.comment(number, "case", "done") == first
    other = await board.comment(number, "another", "beside it")
    comments = await board.comments(number)
    assert [(one.id, one.marker, one.body) for one in comments] == [
        (first, "case", "done"),
        (other, "another", "beside it"),
    ]
    assert len({one.author for one in comments}) == 1


async def test_the_same_marker_on_another_issue_is_another_comment(board):
    one, other = await opened(board), await opened(board, "m:2")
    assert await board.comment(one, "case", "a") != await board.comment(other, "case", "b")
    assert [each.body for each in await board.comments(one)] == ["a"]


async def test_labels_are_put_on_and_taken_off(board):
    number = await opened(board)
    for _ in range(2):
        await board.label(number, add=("state:waiting", "handoff"), remove=("agent:database", "not there"))
        assert set((await board.issue(number)).labels) == {"state:waiting", "handoff"}


@pytest.mark.parametrize(
    "text", ["<!-- dbcrew:local#1 -->", "'; DROP TABLE dbcrew.issues; --", "🔥 ünï {E1.rows} %s %(x)s"]
)
async def test_text_comes_back_to_the_letter(board, text):
    number = await board.open_issue(text, text, getpass.getuser(), (text,), text)
    issue = await board.issue(number)
    assert (issue.title, issue.body, issue.labels) == (text, text, (text,))
    await board.comment(number, text, text)
    assert [one.body for one in await board.comments(number)] == [text]


async def test_an_issue_that_is_not_there_is_named(board):
    with pytest.raises(UnknownObject, match="999999"):
        await board.issue(999_999)


async def test_a_stranger_may_not_ask(board):
    assert await board.may_ask(getpass.getuser())
    assert not await board.may_ask("somebody-else")
    assert not await board.may_ask("helpful[bot]")
