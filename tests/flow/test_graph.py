"""The graph from an issue's text to the comment: questions, roles, honest answers, and nothing that is not backed."""

import asyncio

import psycopg
import pytest

import agents.work
from agents.desk import Brief
from agents.doors.command import answer, ask
from agents.office import team
from agents.reply import Reply


def consulted(shop, text: str, role: str = ""):
    async def work():
        async with team(shop.reader, lambda line: None) as crew:
            return await answer(await ask(text, role, crew), crew)

    return asyncio.run(work())


TWO = """Two things

1. Why is this slow? SELECT * FROM shop.orders WHERE id = 17
2. Is the index orders_placed_at_idx useful?
"""


def test_two_questions_get_two_answers(any_shop):
    said = consulted(any_shop, TWO)
    first, second = (reply for reply in said.report.replies if reply.question)
    assert (first.title, first.role) == ("Slow query", "architect")
    assert (second.title, second.role) == ("Is this index useful?", "persona")
    assert "## 1. Slow query" in said.markdown
    assert "## 2. Is this index useful?" in said.markdown


def test_questions_in_one_breath_get_an_answer_each(shop):
    text = "monthly revenue report is too slow, it joins customers and orders by month. and is the backup good?"
    said = consulted(shop, text)
    slow, backup = (reply for reply in said.report.replies if reply.question)
    assert slow.title == "Slow, but which statement?"
    assert slow.status == "partial"
    assert backup.title == "Is the backup good?"
    assert "## 1. Slow, but which statement?" in said.markdown
    assert "## 2. Is the backup good?" in said.markdown


def test_two_names_that_nothing_has_are_both_answered_with_the_nearest(shop):
    said = consulted(shop, "is index orders_placed_att_idx useful, and may I drop table customer?")
    index, table = (reply for reply in said.report.replies if reply.question)
    assert index.verdict == (
        "There is no index named `orders_placed_att_idx` that this role can see. Did you mean `shop.orders_placed_at_idx`?"
    )
    assert "There is no table, view or column customer that this role can see" in said.markdown
    assert "Did you mean shop.customers?" in said.markdown
    assert said.exit_code == 2
    assert table.title == "May it go?"


def test_a_question_no_rule_fits_gets_an_honest_answer(shop):
    said = consulted(shop, "Should we move to another cloud?")
    assert said.json["status"] == "partial"
    assert "not answered" in said.markdown
    assert not said.json["proposals"]


def test_a_migration_is_rehearsed_and_comes_with_its_way_back(any_shop):
    said = consulted(any_shop, "May we run this?\n```sql\nALTER TABLE shop.orders ADD COLUMN note text;\n```")
    (proposal,) = said.json["proposals"]
    assert "ADD COLUMN note" in proposal["up"]
    assert "DROP COLUMN" in proposal["down"]
    assert not any("take longer" in risk or "outside one transaction" in risk for risk in proposal["risks"])
    assert said.json["status"] == "needs_approval"


def test_what_comes_after_a_statement_that_fails_is_said_to_be_unknown(any_shop):
    text = "ALTER TABLE shop.orders ADD CHECK (id < 0);\nALTER TABLE shop.orders DROP COLUMN placed_at;"
    said = consulted(any_shop, f"May we run this?\n```sql\n{text}\n```")
    assert "psql goes on with it unless ON_ERROR_STOP is set" in said.markdown


RAILS = """Migrating to AddNoteToOrders (20260101000000)
  TRANSACTION (0.1ms)  BEGIN
== 20260101000000 AddNoteToOrders: migrating ===================================
-- add_column("shop.orders", :note, :string)
   (0.4ms)  ALTER TABLE "shop"."orders" ADD "note" character varying
   -> 0.0006s
== 20260101000000 AddNoteToOrders: migrated (0.0009s) ==========================

  ActiveRecord::SchemaMigration Create (0.2ms)  INSERT INTO "schema_migrations" ("version") VALUES ('20260101000000')
  TRANSACTION (1.8ms)  COMMIT
"""
DJANGO = """BEGIN;
--
-- Add field note to order
--
ALTER TABLE "shop"."orders" ADD COLUMN "note" text;
--
-- Raw Python operation
--
-- THIS OPERATION CANNOT BE WRITTEN AS SQL
COMMIT;
"""
GOOSE = """-- +goose Up
ALTER TABLE shop.orders ADD COLUMN note text;
-- +goose Down
ALTER TABLE shop.orders DROP COLUMN note;
"""
FLYWAY = """DEBUG: Executing SQL: SELECT COUNT(*) FROM pg_namespace WHERE nspname='public'
DEBUG: Executing SQL: ALTER TABLE shop.orders
  ADD COLUMN note text
DEBUG: 0 rows affected
DEBUG: Executing SQL: INSERT INTO "public"."flyway_schema_history" ("installed_rank") VALUES (1)
"""


@pytest.mark.parametrize(
    ("text", "says", "source"),
    [
        (f"Is this safe?\n\n{RAILS}", "Read as a Rails log of AddNoteToOrders.", "derived"),
        (f"Is this safe?\n```\n{DJANGO}```", "Note: Raw Python operation: Django runs Python there", "derived"),
        (f"Is this safe?\n```sql\n{GOOSE}```", "Read as a goose migration, in one transaction", "given"),
        (f"Is this safe?\n~~~\n{FLYWAY}~~~\nThanks", "Read as what flyway -X printed.", "derived"),
    ],
    ids=["rails", "django", "goose", "flyway"],
)
def test_a_migration_as_its_tool_printed_it_is_read_as_that(shop, text, says, source):
    said = consulted(shop, text)
    (rehearsed,) = [one["data"] for one in said.json["evidence"] if one["tool"] == "rehearse"]
    assert says in said.markdown
    assert [step["error"] for step in rehearsed["steps"] if step["error"]] == []
    assert rehearsed["down"]["source"] == source
    assert rehearsed["down"]["restores"] is True
    (proposal,) = said.json["proposals"]
    assert "note" in proposal["up"]
    assert "schema" not in proposal["up"]


@pytest.mark.parametrize("role", ["admin", "persona", "fintech"])
def test_the_role_that_was_asked_answers(shop, role):
    said = consulted(shop, "SELECT * FROM shop.orders WHERE id = 17 is slow", role)
    assert [reply.role for reply in said.report.replies if reply.question] == [role]


class Boaster:
    """A mind that types its figures in."""

    name = "boaster"

    async def investigate(self, brief: Brief) -> Reply:
        overview = await brief.call("overview")
        verdict = "With my index the query takes 3 ms, which is forty times faster."
        return Reply(role=brief.role.name, question=1, title="Slow query", verdict=verdict, looked_at=(overview.id,))


def test_a_figure_typed_into_prose_never_reaches_the_comment(shop, monkeypatch):
    monkeypatch.setattr(agents.work, "PlaybookMind", Boaster)
    said = consulted(shop, "SELECT * FROM shop.orders WHERE id = 17 is slow")
    assert "3 ms, which" not in said.markdown
    assert "forty times" not in said.markdown
    assert "withheld" in said.markdown
    assert said.json["status"] == "partial"


def test_the_same_question_twice_is_answered_twice(shop):
    first, second = (consulted(shop, "Is the index orders_placed_at_idx useful?") for _ in range(2))
    assert first.json["case"] != second.json["case"]


BLOCKED = """
CREATE TABLE shop.blocked AS SELECT CASE WHEN n % 50 <> 0 THEN n END AS customer FROM generate_series(1, 500) AS n;
ANALYZE shop.blocked;
GRANT SELECT ON shop.blocked TO PUBLIC;
"""


def test_a_wrong_answer_is_named_before_a_slow_one(shop):
    with psycopg.connect(shop.owner, autocommit=True) as connection:
        connection.execute(BLOCKED)
    said = consulted(
        shop, "SELECT id FROM shop.orders WHERE customer_id NOT IN (SELECT customer FROM shop.blocked) is slow"
    )
    assert "It returns no row because of a NULL" in said.markdown


INSERT = """
INSERT INTO shop.orders (customer_id, state, total, placed_at)
SELECT 1 + n % 2000, 'paid', n, '2025-01-01' FROM generate_series(1, 9000) AS n
"""


def test_words_alone_find_the_statement_that_takes_the_time(shop):
    with psycopg.connect(shop.owner, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        connection.execute("SELECT pg_stat_statements_reset()")
        connection.execute(INSERT)
        for customer in range(30):
            history = "SELECT * FROM shop.orders WHERE customer_id = %s ORDER BY placed_at DESC LIMIT 20"
            connection.execute(history, (customer,))
    said = consulted(shop, "The orders of a customer take seconds to load, why?")
    assert any("customer_id" in proposal["up"] for proposal in said.json["proposals"])


def test_words_that_name_two_tables_are_about_a_statement_that_reads_both(shop):
    """What takes more time but reads only one of them is not what was asked about; where nothing else ran, that comes first."""
    asked = "the monthly report is too slow, it joins customers and orders by city"
    with psycopg.connect(shop.owner, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        connection.execute("SELECT pg_stat_statements_reset()")
        for customer in range(30):
            connection.execute("SELECT * FROM shop.orders WHERE customer_id = %s", (customer,))
    said = consulted(shop, asked)
    assert said.report.replies[0].verdict.startswith("This may not be the statement that is meant")
    assert "`shop.customers`" in said.report.replies[0].verdict
    with psycopg.connect(shop.owner, autocommit=True) as connection:
        for day in (2, 3):
            report = "SELECT c.city, sum(o.total) FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id"
            connection.execute(f"{report} WHERE o.placed_at > %s GROUP BY c.city", (f"2026-01-0{day}",))
    said = consulted(shop, f"{asked}, really")
    assert "may not be" not in said.report.replies[0].verdict
    assert "c.city" in said.markdown
