"""What is quoted of an error on the copy holds no row of it."""

import psycopg
import pytest

from tools.postgres.rehearsal.said import said

TABLE = "CREATE TABLE person (id int PRIMARY KEY, note text); INSERT INTO person VALUES (1, 'secret of Ada'), (2, '7')"


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        ("DO $$ BEGIN RAISE EXCEPTION 'rows: %', (SELECT string_agg(note, ';') FROM person); END $$", "P0001"),
        ("DO $$ BEGIN RAISE 'nothing to do here'; END $$", "nothing to do here"),
        (
            "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '23505', MESSAGE = (SELECT note FROM person LIMIT 1); END $$",
            "23505",
        ),
        ("ALTER TABLE person ALTER note TYPE int USING note::int", "invalid input syntax for type integer (the value"),
        ("SELECT (SELECT string_agg(note, ', ') FROM person)::date", "invalid input syntax for type date (the value"),
        ("UPDATE person SET id = 'seven'", 'invalid input syntax for type integer: "seven"'),
        ("ALTER TABLE person ADD CHECK (nothere > 1)", 'column "nothere" does not exist'),
    ],
)
def test_an_error_is_told_without_rows(any_database, statement, wanted):
    any_database.execute(TABLE)
    with psycopg.connect(any_database.dsn, autocommit=True) as connection, pytest.raises(psycopg.Error) as raised:
        connection.execute(statement.encode())
    text = said(raised.value, statement)
    assert wanted in text
    assert "Ada" not in text


def test_keys_and_failing_rows_are_not_quoted(any_database):
    any_database.execute(TABLE)
    for statement in ("UPDATE person SET id = 1", "ALTER TABLE person ADD CHECK (note <> 'secret of ' || 'Ada')"):
        with psycopg.connect(any_database.dsn, autocommit=True) as connection, pytest.raises(psycopg.Error) as raised:
            connection.execute(statement.encode())
        assert "Ada" not in said(raised.value, statement)
        assert "Key (" not in said(raised.value, statement)
