"""Texts that ask for several things, each of which gets its answer; and those that only look as if they did."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.asked import questions
from agents.parts import parts
from tools.postgres.words import nearest

READ = "SELECT * FROM shop.orders WHERE id = 17"
REPORT = "monthly revenue report is too slow, it joins payment and rental by month. and is the backup good?"
SEVERAL = {
    REPORT: ["slow-query", "backup"],
    "is replication healthy? when does the disk run full?": ["replication", "capacity"],
    "is replication healthy? is the backup good? when does the disk run full?": ["replication", "backup", "capacity"],
    "is index rental_statuss_idx useful, and may I drop table repairs?": ["index-useful", "retirement"],
    "is replication healthy and is the backup ok?": ["replication", "backup"],
    "is replication healthy, when does the disk run full?": ["replication", "capacity"],
    "is the pooler healthy and the backup verified?": ["pooler", "backup"],
    "Is the backup good. Also check replication.": ["backup", "replication"],
    "monthly report is too slow\nis the backup good?": ["slow-query", "backup"],
    "Please check:\n- replication\n- is the backup good\n- when the disk is full": [
        "replication",
        "backup",
        "capacity",
    ],
    "1. is the backup good\n2. is replication healthy? and when does the disk run full?": [
        "backup",
        "replication",
        "capacity",
    ],
    "Two things:\n* the report takes ages\n* may we drop column app.orders.note?": ["slow-query", "retirement"],
    f"is the backup good? also why is this slow: {READ}": ["backup", "slow-query"],
    f"why is this slow, and is the backup good?\n\n```sql\n{READ}\n```": ["slow-query", "backup"],
    "the monthly report is slow, and may I drop table repairs?": ["slow-query", "retirement"],
    "may we drop table films, and may I drop table repairs?": ["retirement", "retirement"],
    "is the backup good? Should we move to another cloud?": ["backup", "open-question"],
}
ONE = {
    "why is this slow and what should we do about it?": "slow-query",
    f"why is this slow and what should we do about it? {READ}": "slow-query",
    "the orders page is slow. what should we do about it?": "slow-query",
    "should we add an index on a and b": "open-question",
    "Is `audit_log` still needed? it takes 3 GB": "retirement",
    "The app is unresponsive. Do we have too many connections?": "pooler",
    "Our backup is fine. Is the standby lagging?": "replication",
    f"We have a replica. Why is this slow: {READ}": "slow-query",
    f"is it bloat or vacuum that makes this slow? {READ}": "slow-query",
    f"is the index orders_placed_at_idx useful for this? {READ}": "index-useful",
    "Wallet page is slow. Do we need more RAM? Which index should we add?": "slow-query",
    "We did:\n- restored the dump\n- checked replication\n\nIs index x_idx useful?": "index-useful",
    "the monthly report is slow\ncan we run this?\n\nALTER TABLE a ADD COLUMN b int": "migration-review",
    "can you tell me if the index a_idx is used, the replica is slow since we added it": "index-useful",
    "is the disk of the standby and the primary full?": "capacity",
    "Monday again. Is the database ok? Please do a health check.": "health-check",
}


def sorted_to(text: str) -> list[str]:
    title, _, body = text.partition("\n")
    return [playbook.name for question in questions(title, body) for _, playbook in parts(question)]


@pytest.mark.parametrize("text", SEVERAL)
def test_every_question_gets_its_own_playbook(text: str) -> None:
    assert sorted_to(text) == SEVERAL[text]


@pytest.mark.parametrize("text", ONE)
def test_one_question_stays_one(text: str) -> None:
    assert sorted_to(text) == [ONE[text]]


def test_each_part_keeps_what_belongs_to_it() -> None:
    (one,) = questions("is index rental_statuss_idx useful, and may I drop table repairs?", "")
    (index, _), (table, _) = parts(one)
    assert index.names == ("rental_statuss_idx",)
    assert not index.statements
    assert [each.sql for each in table.statements] == ["drop table repairs"]
    (one,) = questions("is our backup in /backups/a.dump good? It is of Monday. also is the database healthy?", "")
    (backup, _), (health, _) = parts(one)
    assert "/backups/a.dump" in backup.words
    assert "Monday" in backup.words
    assert "backup" not in health.words


@given(st.lists(st.sampled_from([*SEVERAL, *ONE, READ, "x. y", "and ", "\n", "- ", "?"]), max_size=5))
def test_no_statement_and_no_word_is_lost(texts: list[str]) -> None:
    for question in questions("", "".join(texts)):
        found = [part for part, _ in parts(question)]
        words = sorted(word for part in found for word in part.words.split())
        assert words == sorted(question.words.split())
        statements = sorted(one.sql for part in found for one in part.statements)
        assert statements == sorted(one.sql for one in question.statements)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("rentals", "shop.rental"), ("shop.rentals", "shop.rental"), ("Rental", "shop.rental"), ("repairs", ""), ("", "")],
)
def test_what_a_misspelt_name_may_mean(name: str, meant: str) -> None:
    assert nearest(name, ["shop.payment", "shop.rental"]) == meant
