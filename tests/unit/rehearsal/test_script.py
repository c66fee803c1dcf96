"""Reading a migration file: numbering, lines, transactions, names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import DbcrewError, Refused
from tools.postgres.rehearsal.names import QualifiedName
from tools.postgres.rehearsal.script import names_in, read_script, refuse_hostile, schemas_dropped

FILE = """-- first
BEGIN;
ALTER TABLE a.t ADD COLUMN c int; -- trailing; semicolon
/* block; */ UPDATE "T 2" SET x = 'a;b';
COMMIT;
DO $$ BEGIN PERFORM 1; END $$;
CREATE INDEX CONCURRENTLY i ON a.t (c);
DROP TABLE x.y, z;
"""


def test_statements_are_numbered_as_written() -> None:
    statements = read_script(FILE)
    assert [each.number for each in statements] == [1, 2, 3, 4, 5, 6, 7]
    assert [each.line for each in statements] == [2, 3, 4, 5, 6, 7, 8]
    assert [each.in_transaction for each in statements] == [False, True, True, False, False, False, False]
    assert [each.alone for each in statements] == [False, False, False, False, True, True, False]
    assert statements[2].sql == "UPDATE \"T 2\" SET x = 'a;b'"


def test_every_table_that_is_named_is_found() -> None:
    assert set(names_in(read_script(FILE))) >= {("a", "t"), (None, "T 2"), ("x", "y"), (None, "z")}


def test_a_common_table_expression_is_no_table() -> None:
    found = names_in(read_script("WITH w AS (SELECT * FROM t) INSERT INTO u SELECT * FROM w"))
    assert set(found) == {(None, "t"), (None, "u")}


@pytest.mark.parametrize(
    "text", ["COPY t TO '/x'", "SELECT 1; DO LANGUAGE plpgsql 'begin end'; LOAD 'x'", "CREATE VIEW v AS SELECT pg_read_file('x')"]
)  # fmt: skip
def test_what_reaches_outside_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        refuse_hostile(read_script(text))


@given(st.text(max_size=200))
def test_any_text_is_read_or_named(text: str) -> None:
    try:
        statements = read_script(text)
    except DbcrewError:
        return
    assert statements


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_names_are_quoted_as_postgresql_does(schema: str, name: str) -> None:
    shown = str(QualifiedName(schema, name))
    if not any(mark in schema + name for mark in "\0\ud800"):
        assert (
            read_script(f"SELECT * FROM {shown}")[0].tables == ((schema, name),)
            or len(schema.encode()) > 63
            or len(name.encode()) > 63
        )


def test_keywords_are_quoted() -> None:
    assert str(QualifiedName("a", "order")) == 'a."order"'
    assert str(QualifiedName("a", "state")) == "a.state"


def test_letters_beyond_ascii_shift_nothing() -> None:
    text = "ALTER TABLE towns ADD COLUMN mayor text DEFAULT 'größer';\n-- 😀 ü\nSELECT 'ä' ;SELECT 3"
    found = [(each.line, each.sql) for each in read_script(text)]
    assert found == [
        (1, "ALTER TABLE towns ADD COLUMN mayor text DEFAULT 'größer'"),
        (3, "SELECT 'ä'"),
        (3, "SELECT 3"),
    ]


def test_schemas_that_are_dropped_are_known() -> None:
    script = read_script('DROP SCHEMA a, "B c" CASCADE; DROP TABLE d.e; CREATE SCHEMA f; DROP SCHEMA a')
    assert schemas_dropped(script) == ("a", "B c")
