"""Cutting an issue into questions: SQL in prose, fences, lists, plans, and text that only looks like any of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.asked import questions
from agents.playbooks import PLAYBOOKS
from agents.sqltext import Sort

HISTORY = "SELECT * FROM wallet.transactions WHERE wallet_id = 3 ORDER BY created_at DESC LIMIT 50"


def found(title: str, body: str = "") -> list[list[tuple[Sort, str]]]:
    return [[(one.sort, one.sql) for one in question.statements] for question in questions(title, body)]


@pytest.mark.parametrize(
    ("title", "body"),
    [
        (f"why is this slow: {HISTORY}", ""),
        (f"why is this slow: {HISTORY}. It worked last week", ""),
        (f"why is this slow: {HISTORY}; it worked", ""),
        (f"{HISTORY} takes forever", ""),
        (f"{HISTORY} is slow", ""),
        ("slow", f"This one\n```sql\n{HISTORY};\n```\nis slow."),
        ("slow", f"This one\n```\n{HISTORY}\n```"),
        ("slow", f"~~~pgsql\n{HISTORY}\n~~~"),
        ("slow", f"Look at `{HISTORY}` please"),
        ("slow", f"{HISTORY}\n\nThank you all."),
        ("slow", f"```sql\n{HISTORY}"),
        ("slow", f"EXPLAIN says nothing to me?\n\n{HISTORY}"),
    ],
)
def test_one_statement_is_found_in_prose(title, body):
    assert found(title, body) == [[(Sort.READ, HISTORY)]]


def test_two_questions_keep_their_own_sql():
    body = f"It takes long:\n```sql\n{HISTORY}\n```\nAnd may we run this?\n```sql\nALTER TABLE b ADD COLUMN d int;\n```\nThanks!"
    assert found("Wallet history", body) == [[(Sort.READ, HISTORY)], [(Sort.CHANGE, "ALTER TABLE b ADD COLUMN d int")]]


def test_numbered_items_are_questions_of_their_own():
    body = f"1. Is the index wallet.status_idx useful?\n2. Is the database healthy?\n3. {HISTORY}"
    first, second, third = questions("Three things", body)
    assert "wallet.status_idx" in first.names
    assert "healthy" in second.words
    assert third.of(Sort.READ)[0].sql == HISTORY


def test_a_read_and_a_migration_in_one_breath_are_two_questions():
    body = f"{HISTORY}\n\nALTER TABLE b ADD COLUMN d int"
    assert [[sort for sort, _ in one] for one in found("x", body)] == [[Sort.READ], [Sort.CHANGE]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT * FROM x WHERE a = = 3 ORDER BY b", 'near "="'),
        ("why slow SELEC * FORM x WHERE 1", 'near "SELEC"'),
        ("select first_name from patient wher surname = 'S12'", 'near "surname"'),
        ("SELECT " + "(" * 100_000 + "1", "SQL"),
        ("```sql\nnot sql at all\n```", 'near "not"'),
    ],
)
def test_broken_sql_is_kept_with_what_is_wrong_with_it(text, said):
    (question,) = questions("x", text)
    (statement,) = question.statements
    assert statement.sort is Sort.BROKEN
    assert said in statement.problem


@pytest.mark.parametrize(
    "text",
    [
        "We select users from the list and create table tennis matches",
        "Please update the wallet page with the new colours",
        "Do call me. With the release we begin.",
        "Is the database ok?",
    ],
)
def test_prose_is_not_taken_for_sql(text):
    assert found("x", text) == [[]]


def test_a_pasted_plan_is_a_plan():
    plan = " Seq Scan on t  (cost=0.00..431.00 rows=1 width=4)\n   Filter: (a = 1)\n Planning Time: 0.1 ms"
    (question,) = questions("look", f"why?\n\n{plan}\n\nplease")
    assert "Seq Scan on t" in question.plan
    assert "Planning Time" in question.plan
    assert not question.statements


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_read_without_a_crash_and_nothing_is_lost(title, body):
    for question in questions(title, body):
        assert question.number >= 1


def test_what_is_wrong_after_a_statement_is_not_a_question_about_the_server():
    body = f"The page does:\n```sql\n{HISTORY}\n```\nCan you tell us what is wrong and how to fix it?"
    last = questions("The page hangs", body)[-1]
    assert max(PLAYBOOKS.values(), key=lambda one: one.fits(last)).name != "health-check"
    (server,) = questions("What is wrong with our database?", "")
    assert max(PLAYBOOKS.values(), key=lambda one: one.fits(server)).name == "health-check"
