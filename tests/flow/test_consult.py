"""A question from the command line to the comment, on a database that is not the sample world, on two versions."""

import asyncio

import psycopg

from agents.doors.command import answer, ask
from agents.office import team

SLOW = "why is this slow: SELECT * FROM shop.orders WHERE customer_id = 17 ORDER BY placed_at DESC LIMIT 20"


def consulted(shop, text: str, role: str = ""):
    async def work():
        async with team(shop.reader, lambda line: None) as crew:
            return await answer(await ask(text, role, crew), crew)

    return asyncio.run(work())


def test_a_slow_query_gets_an_index_that_was_measured(any_shop):
    said = consulted(any_shop, SLOW)
    (proposal,) = said.json["proposals"]
    assert proposal["kind"] == "index"
    assert proposal["gain"]["after_ms"] < 0.5 * proposal["gain"]["before_ms"]
    assert said.json["status"] == "done"
    with psycopg.connect(any_shop.owner, autocommit=True) as connection:
        connection.execute(proposal["up"].encode())
        connection.execute(proposal["down"].encode())
