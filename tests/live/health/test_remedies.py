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
