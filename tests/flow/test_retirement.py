"""May this table or column go: the answer on a live server, and its proposal run there and taken back."""

import asyncio

import psycopg

from agents.doors.command import answer, ask
from agents.office import team

MORE = """
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
CREATE TABLE shop.imports_2024 (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text NOT NULL);
INSERT INTO shop.imports_2024 (note) SELECT 'n' || n FROM generate_series(1, 500) n;
CREATE TABLE shop.vats (country text PRIMARY KEY, rate numeric, spare text NOT NULL);
CREATE VIEW shop.vat_list AS SELECT country, rate FROM shop.vats;
GRANT SELECT, INSERT ON shop.imports_2024, shop.vats TO {app};
GRANT UPDATE ON shop.imports_2024 TO {app} WITH GRANT OPTION;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO {reader};
SELECT pg_stat_statements_reset();
"""
LOOK = """
SELECT relname::text, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(relacl) a),
       (SELECT array_agg(attname::text || attnotnull ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0)
FROM pg_class c WHERE relnamespace = 'shop'::regnamespace AND relkind IN ('r', 'v') ORDER BY 1
"""


def consulted(shop, text: str):
    async def work():
        async with team(shop.reader, lambda line: None) as crew:
            return await answer(await ask(text, "", crew), crew)

    return asyncio.run(work())


def filled(shop):
    reader = psycopg.conninfo.conninfo_to_dict(shop.reader)["user"]
    app = f"app_{reader}"
    with psycopg.connect(shop.owner, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {app}".encode())
        for statement in MORE.format(app=app, reader=reader).strip().split(";\n"):
            connection.execute(statement.encode())
    return app


def test_a_table_that_nobody_uses_is_set_aside_first(any_shop):
    app = filled(any_shop)
    try:
        said = consulted(any_shop, "may we drop table shop.imports_2024?")
        assert any(one["tool"] == "use_of" for one in said.json["evidence"])
        (reply,) = [one for one in said.report.replies if one.question]
        assert reply.verdict.startswith("Probably, but not at once: nothing that can be seen here")
        assert said.json["status"] == "needs_approval"
        assert not said.json["findings"]
        (proposal,) = said.json["proposals"]
        assert "SET lock_timeout" in proposal["up"]
        assert 'RENAME TO "imports_2024_to_drop"' in proposal["up"]
        assert f'REVOKE ALL ON "shop"."imports_2024_to_drop" FROM "{app}"' in proposal["up"]
        assert "withheld" not in said.markdown
        with psycopg.connect(any_shop.owner, autocommit=True) as connection:
            before = connection.execute(LOOK.encode()).fetchall()
            connection.execute(proposal["up"].encode())
            assert connection.execute("SELECT to_regclass('shop.imports_2024')").fetchone() == (None,)
            connection.execute(proposal["down"].encode())
            assert connection.execute(LOOK.encode()).fetchall() == before
    finally:
        with psycopg.connect(any_shop.owner, autocommit=True) as connection:
            connection.execute(f"DROP OWNED BY {app}; DROP ROLE {app}".encode())


def test_what_cascade_takes_along_and_a_column(shop):
    app = filled(shop)
    try:
        said = consulted(shop, "may we drop table shop.vats?")
        (reply,) = [one for one in said.report.replies if one.question]
        assert reply.verdict.startswith("Not as it is: nothing that can be seen here")
        assert "view `shop.vat_list`" in reply.verdict
        assert ("dependent-object-breaks", "shop.vat_list") in {
            (one["code"], one["object"]) for one in said.json["findings"]
        }
        assert any("CASCADE" in one["data"]["up"] for one in said.json["evidence"] if one["tool"] == "rehearse")

        said = consulted(shop, "is the column spare of shop.vats still needed?")
        (reply,) = [one for one in said.report.replies if one.question]
        assert reply.verdict.startswith("No use of `shop.vats.spare` is seen here")
        (proposal,) = said.json["proposals"]
        assert 'RENAME COLUMN "spare" TO "spare_to_drop"' in proposal["up"]
        assert "DROP NOT NULL" in proposal["up"]
        assert "SELECT *" in said.markdown
    finally:
        with psycopg.connect(shop.owner, autocommit=True) as connection:
            connection.execute(f"DROP OWNED BY {app}; DROP ROLE {app}".encode())


def test_a_table_in_use_stays(shop):
    with psycopg.connect(shop.owner, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        for number in range(20):
            connection.execute(b"SELECT email FROM shop.customers WHERE id = 17 + %d" % number)
    said = consulted(shop, "can we get rid of the table shop.customers?")
    (reply,) = [one for one in said.report.replies if one.question]
    assert reply.verdict.startswith("No, do not drop `shop.customers`: it is used.")
    assert "`shop.orders.orders_customer_id_fkey`" in said.markdown
    assert not said.json["proposals"]
    assert any(
        one["code"] == "dependent-object-breaks" and "select email" in one["summary"].lower()
        for one in said.json["findings"]
    )


def test_a_name_that_nothing_has(shop):
    said = consulted(shop, "may we drop table shop.nonsense?")
    assert said.exit_code == 2
    assert "There is no table, view or column shop.nonsense" in said.problems[0]


def test_numbers_kept_as_text(shop):
    with psycopg.connect(shop.owner, autocommit=True) as connection:
        connection.execute("CREATE TABLE shop.readings (id int PRIMARY KEY, value text)")
        connection.execute(
            "INSERT INTO shop.readings SELECT n, CASE WHEN n % 50 = 0 THEN 'n/a' ELSE n::text END FROM generate_series(1, 5000) n"
        )
        connection.execute("ANALYZE shop.readings")
        reader = psycopg.conninfo.conninfo_to_dict(shop.reader)["user"]
        connection.execute(f"GRANT SELECT ON shop.readings TO {reader}".encode())
    refused = consulted(shop, "SELECT id FROM shop.readings WHERE value > 100")
    assert refused.exit_code == 2
    assert "shop.readings.value is text" in refused.problems[0]
    assert "a cast fails on 100 of the 5,000 values" in refused.markdown
    cast = consulted(shop, "why does it stop? SELECT id FROM shop.readings WHERE value::numeric > 4000")
    assert "fails on 100 of the 5,000 values" in cast.markdown
    assert "n/a" in cast.markdown  # the kind of value, in our words
    quoted = consulted(shop, "is this right? SELECT id FROM shop.readings WHERE value > '100'")
    assert "compares as text, not as a number" in quoted.markdown
    assert "withheld" not in refused.markdown + cast.markdown + quoted.markdown
    fine = consulted(shop, "is this ok? SELECT * FROM shop.readings WHERE value = '17'")
    assert "text_numbers" not in {one["tool"] for one in fine.json["evidence"]}


def test_an_index_that_is_named_leads_to_its_table(shop):
    heard = []

    async def work():
        async with team(shop.reader, heard.append) as crew:
            await ask("is the index orders_placed_at_idx useful?", "", crew)

    asyncio.run(work())
    assert any(line.startswith("plan: shop.orders;") for line in heard)
