"""The remedies that are statements run, and what was found is gone after them."""

import pytest

from tests.live.health.conftest import Look, Server

pytestmark = pytest.mark.each

KEYLESS = """
CREATE SCHEMA s;
CREATE TABLE s.heap (a int);
CREATE TABLE s.taken (id int, row_id text);
CREATE TABLE s.named (id int, note text);
CREATE TABLE s.nullable (a int UNIQUE, "B" int UNIQUE);
CREATE TABLE s.parts (id int, "day" date, "order" int) PARTITION BY RANGE ("day", "order");
CREATE TABLE s.parts_1 PARTITION OF s.parts FOR VALUES FROM ('2020-01-01', 1) TO ('2199-01-01', 9);
CREATE TABLE s.parent (a int);
CREATE TABLE s.child () INHERITS (s.parent);
CREATE TABLE s.by_half (id int) PARTITION BY RANGE ((id / 2));
CREATE TABLE s.by_half_1 PARTITION OF s.by_half DEFAULT;
INSERT INTO s.heap SELECT 1 FROM generate_series(1, 20);
INSERT INTO s.taken SELECT 1, 'x' FROM generate_series(1, 20);
INSERT INTO s.named SELECT i, 'x' FROM generate_series(1, 20) i;
INSERT INTO s.nullable VALUES (1, NULL), (2, NULL);
INSERT INTO s.parts SELECT 1, '2026-01-01', 2 FROM generate_series(1, 20);
INSERT INTO s.parent SELECT 1 FROM generate_series(1, 20);
INSERT INTO s.child SELECT 1 FROM generate_series(1, 20);
INSERT INTO s.by_half SELECT 1 FROM generate_series(1, 20);
VACUUM (ANALYZE);
"""


async def test_every_table_can_be_given_the_key_that_is_proposed(server: Server, database: str, look: Look) -> None:
    server.run(database, KEYLESS)
    server.open(database)
    asked = {"codes": ["no-primary-key"]}
    found = {each.object: each.remedy for each in (await look(server.reader(database), **asked)).findings}
    assert set(found) == {
        "s.heap", "s.taken", "s.named", "s.nullable", "s.parts", "s.parent", "s.child", "s.by_half",
    }  # fmt: skip
    assert found.pop("s.by_half").startswith("None on s.by_half")
    assert "row_id_2" in found["s.taken"]
    assert "PRIMARY KEY (id)" in found["s.named"]
    assert "PRIMARY KEY (a)" in found["s.nullable"]
    assert 'day, "order")' in found["s.parts"]
    for name in sorted(found, reverse=True):  # a column of a parent comes to its child
        if name != "s.child":
            server.run(database, found[name])
    left = {each.object for each in (await look(server.reader(database), **asked)).findings}
    assert left == {"s.by_half", "s.child"}


NARROW = """
CREATE SCHEMA s;
CREATE TABLE s.serial (id serial PRIMARY KEY);
CREATE TABLE s.identity (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
CREATE TABLE s.limited (id int GENERATED ALWAYS AS IDENTITY (MAXVALUE 2000000000) PRIMARY KEY);
CREATE SEQUENCE s."Apart" AS int;
CREATE TABLE s.apart (id int PRIMARY KEY DEFAULT nextval('s."Apart"'));
CREATE TABLE s.child (id bigint PRIMARY KEY, parent int REFERENCES s.serial);
SELECT setval(each, 1999999999) FROM unnest(ARRAY['s.serial_id_seq', 's.identity_id_seq', 's.limited_id_seq', 's."Apart"']) each;
INSERT INTO s.serial DEFAULT VALUES; INSERT INTO s.identity DEFAULT VALUES;
INSERT INTO s.limited DEFAULT VALUES; INSERT INTO s.apart DEFAULT VALUES;
INSERT INTO s.child VALUES (1, 2000000000);
VACUUM (ANALYZE);
"""


async def test_a_key_that_was_widened_goes_on_past_the_old_limit(server: Server, database: str, look: Look) -> None:
    server.run(database, NARROW)
    server.open(database)
    health = await look(server.reader(database), codes=["int4-key-near-limit"])
    tables = {each.object.split(".")[1]: each.remedy for each in health.findings}
    assert set(tables) == {"serial", "identity", "limited", "apart"}
    for table, remedy in tables.items():
        server.run(database, remedy)
        server.run(
            database,
            "SELECT setval(each, 2147483647) FROM unnest(ARRAY["
            + {"apart": "'s.\"Apart\"'"}.get(table, f"'s.{table}_id_seq'")
            + f"]) each; INSERT INTO s.{table} DEFAULT VALUES",
        )
    server.run(database, "INSERT INTO s.child VALUES (2, 2147483648)")


BEHIND = """
CREATE SCHEMA s;
CREATE TABLE s.years (id int GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL, "Twice" int GENERATED ALWAYS AS (1) STORED)
    PARTITION BY RANGE (at);
CREATE TABLE s.years_1 PARTITION OF s.years FOR VALUES FROM ('2022-01-01') TO ('2023-01-01');
CREATE TABLE s.years_2 PARTITION OF s.years FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE s.years_rest PARTITION OF s.years DEFAULT;
CREATE TABLE s.days (day date) PARTITION BY RANGE (day);
CREATE TABLE s.days_1 PARTITION OF s.days FOR VALUES FROM ('2024-02-28') TO ('2024-02-29');
CREATE TABLE s.days_2 PARTITION OF s.days FOR VALUES FROM ('2024-02-29') TO ('2024-03-01');
INSERT INTO s.years (at) VALUES (now()), ('2024-05-05'), ('2001-01-01');
VACUUM (ANALYZE);
"""


async def test_rows_of_today_have_their_partition_after_what_is_proposed(
    server: Server, database: str, look: Look
) -> None:
    server.run(database, BEHIND)
    server.open(database)
    asked = {"codes": ["missing-future-partition"]}
    found = {each.object: each for each in (await look(server.reader(database), **asked)).findings}
    assert set(found) == {"s.years", "s.days"}
    assert "ended at 2024-01-01" in found["s.years"].text
    assert "which holds 3 rows" in found["s.years"].text
    for each in found.values():
        server.run(database, each.remedy)
    server.run(database, "INSERT INTO s.years (at) VALUES (now()); INSERT INTO s.days VALUES (now()), ('2024-03-01')")
    server.run(
        database,
        "SELECT 1 / (count(*) = 1)::int FROM s.years_rest; SELECT 1 / (count(*) = 4)::int FROM s.years;"
        "INSERT INTO s.years (at) SELECT now() + interval '1 year'; SELECT 1 / (count(*) = 1)::int FROM s.years_rest",
    )
    assert (await look(server.reader(database), **asked)).findings == []
