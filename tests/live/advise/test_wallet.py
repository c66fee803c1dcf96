"""Every special kind of index is found for the sample world, with HypoPG (15) and without (18)."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from common.config.settings import Settings
from tools.postgres.advise.advice import Adviser
from tools.postgres.advise.advised import Advice
from tools.postgres.advise.candidate import Candidate
from tools.postgres.advise.proof import Measured
from tools.postgres.advise.workload import from_text
from tools.postgres.connection import Postgres
from tools.worlds import load
from tools.worlds.workload import statements

pytestmark = pytest.mark.each

SCOPE = "f2"
APPLICATION = {
    "partial": ("oldest-pending", 0),
    "expression": ("kinds-of-a-day", 0),
    "gin": ("payments-by-metadata", 0),
    "trigram": ("description-search", 1),
}
"""What the world's own application asks, and with which of its values."""
OTHERS = {
    "covering": "SELECT currency, sum(amount) FROM wallet.transactions WHERE amount BETWEEN 100 AND 150 GROUP BY currency",
    "sort": "SELECT id, country, amount FROM wallet.transactions ORDER BY country, amount DESC LIMIT 20",
    "or": "SELECT id, description FROM wallet.transactions WHERE wallet_id = 900 OR counterparty_wallet_id = 900",
    "latest": """SELECT w.id, last.created_at, last.amount FROM wallet.wallets AS w CROSS JOIN LATERAL (
        SELECT created_at, amount FROM wallet.ledger_entries WHERE wallet_id = w.id ORDER BY created_at DESC LIMIT 1
    ) AS last WHERE w.id <= 20""",
}
UNINDEXED = """
DROP INDEX wallet.transactions_wallet_id_created_at_idx, wallet.transactions_counterparty_wallet_id_idx,
    wallet.ledger_entries_wallet_id_idx
"""


@dataclass(frozen=True)
class Advised:
    """The advice, and the number of each statement in it by the kind of index that it wants."""

    advice: Advice
    numbers: dict[str, int]

    def run(self, kind: str) -> Measured:
        """How the statement ran on the copy."""
        (found,) = [each for each in self.advice.proof.measured if each.number == self.numbers[kind]]
        return found

    def chosen(self, kind: str) -> list[Candidate]:
        """The indexes of the advice that the statement's plan used when it ran."""
        return [each for each in self.advice.choice.indexes if each in self.run(kind).used]

    def one(self, kind: str) -> Candidate:
        """The only such index."""
        (found,) = self.chosen(kind)
        return found

    def nodes(self, kind: str) -> set[str]:
        """Kinds of the nodes of the plan with the indexes."""
        return {each.kind for each in self.run(kind).after.nodes}


def texts(dsn: str) -> dict[str, str]:
    """The statements, the application's weighed as it calls them."""
    asked = {each.name: each for each in statements(SCOPE)}
    with psycopg.connect(dsn) as connection:
        cursor = psycopg.ClientCursor(connection)
        return OTHERS | {
            kind: f"-- weight: {asked[name].weight}\n{cursor.mogrify(asked[name].sql, asked[name].params[which])}"
            for kind, (name, which) in APPLICATION.items()
        }


async def advise(dsn: str, workload: dict[str, str]) -> Advised:
    settings = Settings(postgresql_copy="rows")  # the world's people are made up
    async with await Postgres.connect(dsn, settings) as postgres:
        advice = await Adviser(postgres, settings, seconds=90.0).advise(from_text(";\n".join(workload.values())))
    return Advised(
        advice,
        {kind: case.number for kind, text in workload.items() for case in advice.cases if case.item.text in text},
    )


@pytest.fixture(scope="module")
def advised(any_postgres: Any) -> Iterator[Advised]:
    """One advice for all of them, without a limit of storage."""
    database = any_postgres.new_database()
    asyncio.run(load(database.dsn, SCOPE, faults=frozenset()))
    database.execute(UNINDEXED)
    if any_postgres.major == 15:
        database.execute("CREATE EXTENSION hypopg")
    yield asyncio.run(advise(database.dsn, texts(database.dsn)))
    database.drop()


def test_how_it_was_found(advised: Advised, any_postgres: Any) -> None:
    assert advised.advice.how == ("hypopg" if any_postgres.major == 15 else "copy")
    assert not advised.advice.proof.not_run


@pytest.mark.parametrize("kind", [*APPLICATION, *OTHERS])
def test_the_statement_is_faster_with_what_was_chosen(advised: Advised, kind: str) -> None:
    run = advised.run(kind)
    assert advised.chosen(kind), advised.advice.why_not(advised.advice.cases[run.number - 1])
    assert run.before_ms > 2 * run.after_ms


def test_partial(advised: Advised) -> None:
    index = advised.one("partial")
    assert [part.text for part in index.parts] == ["created_at"]
    assert index.predicate == "status = 'pending'"


def test_expression(advised: Advised) -> None:
    part, *_ = advised.one("expression").parts
    assert not part.plain
    assert part.text.startswith("date_trunc('day'")


def test_gin_on_jsonb(advised: Advised) -> None:
    index = advised.one("gin")
    assert (index.method, index.parts[0].text, index.parts[0].operators) == ("gin", "metadata", "jsonb_path_ops")


def test_trigram(advised: Advised) -> None:
    index = advised.one("trigram")
    assert (index.method, index.extension, index.parts[0].text) == ("gin", "pg_trgm", "description")


def test_covering(advised: Advised) -> None:
    index = advised.one("covering")
    assert ([part.text for part in index.parts], index.include) == (["amount"], ("currency",))


def test_sort_order(advised: Advised) -> None:
    country, amount = advised.one("sort").parts
    assert (country.text, amount.text) == ("country", "amount")
    assert country.descending != amount.descending
    assert not advised.nodes("sort") & {"Sort", "Incremental Sort"}


def test_each_arm_of_an_or(advised: Advised) -> None:
    assert {each.parts[0].text for each in advised.chosen("or")} == {"wallet_id", "counterparty_wallet_id"}
    assert "BitmapOr" in advised.nodes("or")


def test_the_latest_of_each_group(advised: Advised) -> None:
    index = advised.one("latest")
    assert [part.text for part in index.parts] == ["wallet_id", "created_at"]
    assert not advised.nodes("latest") & {"Sort", "Incremental Sort"}
