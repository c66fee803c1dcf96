"""A question from the command line to the comment, on a database that is not the sample world, on two versions."""

import asyncio
import re

import psycopg
import pytest

from agents.doors.command import answer, ask
from agents.office import team
from common.config.settings import settings

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


PAGE = "paging gets slow: SELECT id, placed_at FROM shop.orders ORDER BY placed_at DESC, id DESC LIMIT 20 OFFSET 15000"


def test_a_deep_offset_leads_with_the_page_after_the_last_row(any_shop):
    """The headline says to page by keys, and the proposal is that statement, measured to return the same page."""
    said = consulted(any_shop, PAGE)
    (proposal,) = said.json["proposals"]
    assert said.report.replies[0].verdict.startswith("Page by the last row seen instead of OFFSET")
    assert "OFFSET" not in proposal["sql"]
    assert "< ($1, $2)" in proposal["sql"]
    assert proposal["gain"]["after_ms"] < proposal["gain"]["before_ms"]
    (measured,) = [one["data"] for one in said.json["evidence"] if one["tool"] == "measure"]
    assert next(one for one in measured["tried"] if one["sql"] == proposal["sql"])["same_rows"] is True


def test_one_row_is_not_one_rows_and_a_fast_read_is_left_alone(any_shop):
    said = consulted(any_shop, "is this ok? SELECT * FROM shop.orders WHERE id = 17")
    assert "returns 1 row." in said.markdown
    assert not [one for one in said.json["evidence"] if one["tool"] == "measure"]
    assert not said.json["proposals"]


def test_a_guessed_index_is_tried_beside_the_statement(any_shop):
    said = consulted(any_shop, f"do we need an index on shop.orders(state) for this? {SLOW.split(': ', 1)[1]}")
    verdict = said.report.replies[0].verdict
    assert verdict.startswith(
        ("The index asked about would not help", "The index asked about makes no clear difference")
    )
    assert "customer_id" in said.json["proposals"][0]["up"]


def test_what_is_asked_of_an_index_by_its_name_alone(any_shop):
    said = consulted(any_shop, "can I drop shop.orders_pkey? seems redundant")
    assert said.report.replies[0].verdict.startswith("Keep `shop.orders_pkey`")


def test_a_table_of_another_server_that_cannot_be_reached_is_no_clean_bill(any_shop):
    with psycopg.connect(any_shop.owner, autocommit=True) as connection:
        for statement in (
            "CREATE EXTENSION postgres_fdw",
            "CREATE SERVER cold FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', dbname 'none')",
            "CREATE USER MAPPING FOR PUBLIC SERVER cold OPTIONS (user 'a', password 'b')",
            "CREATE FOREIGN TABLE shop.freezer (id int, barcode text) SERVER cold",
            "GRANT SELECT ON shop.freezer TO PUBLIC",
        ):
            connection.execute(statement.encode())
    try:
        said = consulted(any_shop, "slow: SELECT id FROM shop.freezer WHERE barcode = 'B17'")
    finally:
        with psycopg.connect(any_shop.owner, autocommit=True) as connection:
            connection.execute("DROP EXTENSION postgres_fdw CASCADE")
    assert said.json["status"] == "partial"
    assert "Nothing to do" not in said.markdown
    assert "This is not answered: `shop.freezer` is on another server" in said.markdown
    assert "SELECT id FROM shop.freezer" in said.markdown


DEPOT = """
CREATE SCHEMA ops;
CREATE TABLE ops.drivers (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE ops.shipments (
    id bigint PRIMARY KEY, driver_id bigint NOT NULL REFERENCES ops.drivers, status text NOT NULL, weight_kg text NOT NULL
);
INSERT INTO ops.drivers SELECT n, 'driver ' || n FROM generate_series(1, 100) AS n;
INSERT INTO ops.shipments
SELECT n, 1 + n % 100, CASE WHEN n % 100 = 0 THEN 'open' ELSE 'delivered' END, (n % 9973)::text
FROM generate_series(1, 60000) AS n;
CREATE INDEX shipments_driver_idx ON ops.shipments (driver_id);
CREATE INDEX shipments_status_idx ON ops.shipments (status);
CREATE INDEX shipments_status_idx2 ON ops.shipments (status);
"""


@pytest.fixture
def depot(postgres18, opened):
    """A schema that is not on the search path, with an index for a foreign key and one that is there again."""
    return opened(postgres18, DEPOT)


def test_an_index_asked_about_in_words_is_found_in_its_schema_and_kept_for_its_foreign_key(depot):
    said = consulted(depot, "should I drop index shipments_driver_idx? nobody uses it i think")
    verdict = said.report.replies[0].verdict
    assert verdict.startswith("No, do not drop `ops.shipments_driver_idx`: it serves the foreign key")
    assert "Nothing to do here" not in said.markdown
    assert not [one for one in said.json["evidence"] if one["tool"] == "rehearse"]
    assert said.json["status"] == "done"


def test_an_index_that_is_there_already_is_not_added_again(depot):
    asked = "SELECT * FROM ops.shipments WHERE status = 'delivered' AND weight_kg = '412'"
    said = consulted(depot, f"can I just add an index on shipments(status)? {asked}")
    (verdict,) = (one.verdict for one in said.report.replies if one.question)
    assert verdict.startswith("Do not add it: that index is there already, `ops.shipments_status_idx")
    assert "its repeat `ops.shipments_status_idx" in verdict
    assert re.search(r"fills (98\.\d|99|99\.\d) % of the rows of", said.markdown)  # as ANALYZE sampled them
    assert "weight_kg" in said.json["proposals"][0]["up"]


def test_whether_an_index_is_useful_is_answered_from_what_is_there(depot):
    said = consulted(depot, "is the index on shipments(status) useful at all?")
    assert "duplicate-index" in {one["code"] for one in said.json["findings"]}
    assert re.search(r"fills (98\.\d|99|99\.\d) % of the rows of", said.markdown)  # as ANALYZE sampled them
    assert "Nothing to do here" not in said.markdown


def test_dropping_a_repeat_is_answered_with_yes_and_a_way_back_that_blocks_nobody(depot):
    said = consulted(depot, "is it ok to DROP INDEX ops.shipments_status_idx2?")
    assert said.report.replies[0].verdict.startswith(
        "Yes, drop `ops.shipments_status_idx2`: `ops.shipments_status_idx` does all that it does"
    )
    (proposal,) = said.json["proposals"]
    assert proposal["up"] == "DROP INDEX CONCURRENTLY ops.shipments_status_idx2"
    assert proposal["down"].startswith("CREATE INDEX CONCURRENTLY shipments_status_idx2")
    assert "As it was written, without" in said.markdown
    with psycopg.connect(depot.owner, autocommit=True) as connection:
        connection.execute(proposal["up"].encode())
        connection.execute(proposal["down"].encode())


def test_a_migration_that_fails_on_its_rows_shows_no_time_and_says_whether_it_locks(depot):
    with psycopg.connect(depot.owner, autocommit=True) as connection:
        connection.execute("UPDATE ops.shipments SET weight_kg = 'heavy' WHERE id = 59999")
    text = "does this lock? ALTER TABLE ops.shipments ALTER COLUMN weight_kg TYPE numeric USING weight_kg::numeric"
    said = consulted(depot, text)
    verdict = said.report.replies[0].verdict
    assert verdict.startswith("Yes: it rewrites `ops.shipments`, and nobody reads or writes it meanwhile")
    assert "fails here" in verdict
    assert "expect about" not in said.markdown
    assert ", held" not in said.markdown


def test_a_migration_that_locks_says_so_first_and_for_how_long(depot):
    text = "does this lock? ALTER TABLE ops.shipments ALTER COLUMN weight_kg TYPE numeric USING weight_kg::numeric"
    said = consulted(depot, text)
    assert (
        "it rewrites `ops.shipments`, and nobody reads or writes it meanwhile, about" in said.markdown.split("<sub>")[0]
    )


def test_what_stands_beside_the_question_is_one_line_each_and_nobody_is_called_for_a_column_it_does_not_name(depot):
    with psycopg.connect(depot.owner, autocommit=True) as connection:
        connection.execute("ALTER TABLE ops.drivers ADD COLUMN salary float8, ADD COLUMN region_id bigint")
    said = consulted(depot, "why is this slow: SELECT id FROM ops.drivers WHERE name = 'driver 7'")
    beside = said.markdown.split("Seen beside the question")[1].split("###")[0]
    assert beside.count("\n- ") == 1
    assert "`money-as-float` on `ops.drivers.salary`" in beside
    assert "Wrong if" not in beside
    assert not said.json["handoffs"]
    asked = consulted(depot, "why is this slow: SELECT id FROM ops.drivers WHERE salary = 3")
    assert [one["role"] for one in asked.json["handoffs"]] == ["fintech"]
    assert "can wait" not in asked.markdown


def test_words_that_name_no_table_are_about_what_takes_the_most_time(depot):
    with psycopg.connect(depot.owner, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        for weight in ("1", "2", "3"):
            connection.execute("SELECT count(*) FROM ops.shipments WHERE weight_kg = %s", (weight,))
    said = consulted(depot, "everything feels sluggish since Monday, can you help?")
    assert "ran on this server more than once, this one took the most time" in said.markdown
    assert "weight_kg" in said.json["proposals"][0]["up"]


def test_a_function_that_the_owner_lists_as_a_read_is_looked_at(depot, monkeypatch):
    with psycopg.connect(depot.owner, autocommit=True) as connection:
        connection.execute("CREATE FUNCTION ops.kilos(text) RETURNS int LANGUAGE sql STABLE AS 'SELECT $1::int'")
    asked = "why is this slow: SELECT id, ops.kilos(weight_kg) FROM ops.shipments WHERE weight_kg = '412'"
    (problem,) = consulted(depot, asked).problems
    assert "If ops.kilos only reads, say so and ask again: DBCREW_TRUSTED_FUNCTIONS=ops.kilos" in problem
    monkeypatch.setenv("DBCREW_TRUSTED_FUNCTIONS", "ops.kilos")
    settings.cache_clear()
    try:
        said = consulted(depot, asked)
    finally:
        settings.cache_clear()
    assert said.json["status"] == "done"
    assert "weight_kg" in said.json["proposals"][0]["up"]


def test_without_statistics_of_statements_what_the_tables_show_comes_first(depot):
    with psycopg.connect(depot.owner, autocommit=True) as connection:
        connection.execute("DROP INDEX ops.shipments_driver_idx")
        connection.execute("DROP EXTENSION IF EXISTS pg_stat_statements")
    for asked in ("everything feels sluggish, can you help?", "the shipments screen is slow"):
        said = consulted(depot, asked)
        verdict = said.report.replies[0].verdict
        assert verdict.startswith("What stands out there is `foreign-key-without-index` on `ops.shipments.driver_id`")
    assert "pg_stat_statements" in said.markdown.split("<sub>")[0]
    assert said.json["status"] == "partial"
