"""What hangs on a table or a column, each kind there is; text columns that are compared with numbers."""

from typing import Any

import psycopg
import pytest

from common.config.settings import Settings
from common.errors import UnknownObject
from tests.conftest import Database
from tools.postgres import text_numbers, use_of
from tools.postgres.connection import Postgres
from tools.tool import Bench

SCHEMA = """
CREATE SCHEMA app;
CREATE TABLE app.parent (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text DEFAULT '' NOT NULL, code text NOT NULL UNIQUE,
    size int, CONSTRAINT small CHECK (size < 10), label text);
CREATE TABLE app.child (id int, parent_id bigint REFERENCES app.parent, code text REFERENCES app.parent (code));
CREATE TABLE app.holder (one app.parent);
CREATE TABLE app.twin () INHERITS (app.parent);
CREATE VIEW app.seen AS SELECT id, note FROM app.parent;
CREATE VIEW app.seen_again AS SELECT note FROM app.seen;
CREATE MATERIALIZED VIEW app.kept AS SELECT count(size) FROM app.parent;
CREATE FUNCTION app.by_record() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(label) FROM app.parent; END;
CREATE FUNCTION app.by_text() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(size) FROM app.parent); END';
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.note := upper(NEW.note); RETURN NEW; END';
CREATE TRIGGER touched BEFORE UPDATE ON app.parent FOR EACH ROW WHEN (OLD.label IS NULL) EXECUTE FUNCTION app.touch();
CREATE RULE quiet AS ON DELETE TO app.parent DO INSTEAD NOTHING;
CREATE POLICY mine ON app.parent USING (label = current_user);
CREATE POLICY theirs ON app.child USING (EXISTS (SELECT FROM app.parent p WHERE p.id = parent_id));
CREATE PUBLICATION out_of_it FOR TABLE app.parent;
GRANT SELECT ON app.parent TO PUBLIC;
CREATE TABLE app.events (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE app.events_old PARTITION OF app.events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
INSERT INTO app.events SELECT 1, '2020-05-05';
CREATE TABLE app.alone (id int, at timestamptz);
CREATE TABLE app.readings (id int, value text, kind varchar(9));
INSERT INTO app.readings SELECT n, CASE WHEN n % 10 = 0 THEN 'n/a' WHEN n % 10 = 1 THEN '' WHEN n % 10 = 2 THEN '12 kg'
    WHEN n % 10 = 3 THEN NULL WHEN n % 10 = 4 THEN ' -1.5e3' ELSE n::text END, '7' FROM generate_series(1, 100) n;
ANALYZE;
"""


@pytest.fixture
async def bench(any_database: Database) -> Any:
    any_database.execute(SCHEMA)
    async with await Postgres.connect(any_database.dsn, Settings()) as postgres:
        yield Bench(Settings(), postgres)


async def used(bench: Bench, name: str) -> tuple[use_of.Used, set[tuple[str, str, str]]]:
    (found,) = (await use_of.run(use_of.Args(names=(name,)), bench)).found
    return found, {(one.how, one.kind, one.name) for one in found.dependents}


async def test_all_that_hangs_on_a_table(bench: Bench) -> None:
    found, hanging = await used(bench, "app.parent")
    assert hanging == {
        ("in the way", "foreign key", "app.child.child_parent_id_fkey"),
        ("in the way", "foreign key", "app.child.child_code_fkey"),
        ("in the way", "column of its row type", "app.holder.one"),
        ("in the way", "child table", "app.twin"),
        ("in the way", "view", "app.seen"),
        ("in the way", "view", "app.seen_again"),
        ("in the way", "materialized view", "app.kept"),
        ("in the way", "function", "app.by_record()"),
        ("in the way", "policy", "theirs on app.child"),
        ("goes too", "policy", "mine on app.parent"),
        ("goes too", "trigger", "touched on app.parent"),
        ("goes too", "rule", "quiet on app.parent"),
        ("goes too", "sequence", "app.parent_id_seq"),
        ("feeds", "publication", "out_of_it"),
        ("by text", "function", "app.by_text()"),
    }
    assert [(one.grantee, one.privilege) for one in found.granted] == [(None, "SELECT")]
    assert found.full == "app.parent"


async def test_a_plain_drop_fails_just_where_something_is_in_the_way(bench: Bench, any_database: Database) -> None:
    """The server's own word for it."""
    kinds = {"seen": "VIEW", "seen_again": "VIEW", "kept": "MATERIALIZED VIEW"}
    for name in ("parent", "child", "alone", "events", "events_old", "holder", *kinds):
        kind = kinds.get(name, "TABLE")
        _, hanging = await used(bench, f"app.{name}")
        with psycopg.connect(any_database.dsn) as connection:
            try:
                connection.execute(f"DROP {kind} app.{name}".encode())
                fails = False
            except psycopg.errors.DependentObjectsStillExist:
                fails = True
            connection.rollback()
        assert fails == any(how == "in the way" for how, _, _ in hanging), (name, hanging)
    for column in ("note", "size", "label", "code", "id"):
        _, hanging = await used(bench, f"app.parent.{column}")
        with psycopg.connect(any_database.dsn) as connection:
            try:
                connection.execute(f"ALTER TABLE app.parent DROP COLUMN {column}".encode())
                fails = False
            except psycopg.errors.DependentObjectsStillExist:
                fails = True
            connection.rollback()
        assert fails == any(how == "in the way" for how, _, _ in hanging), (column, hanging)


async def test_a_column_has_what_names_it(bench: Bench) -> None:
    found, hanging = await used(bench, "parent.note")
    assert (found.kind, found.column, found.not_null, found.has_default) == ("column", "note", True, True)
    assert ("by text", "function", "app.touch()") in hanging
    assert {("in the way", "view", "app.seen"), ("in the way", "view", "app.seen_again")} <= hanging
    _, hanging = await used(bench, "parent.size")
    assert ("goes too", "check constraint", "small") in hanging
    assert ("by text", "function", "app.by_text()") in hanging
    _, hanging = await used(bench, "app.parent.label")
    assert ("in the way", "trigger", "touched on app.parent") in hanging


async def test_partitions_and_what_nothing_hangs_on(bench: Bench) -> None:
    found, hanging = await used(bench, "app.events")
    assert hanging == {("goes too", "partition", "app.events_old")}
    assert found.inserted is not None  # its partitions' count
    _, hanging = await used(bench, "app.events_old")
    assert hanging == {("feeds", "partition of", "app.events")}
    assert (await used(bench, "alone"))[1] == set()
    result = await use_of.run(use_of.Args(names=("app.alone", "app.nix", "nix.alone.id")), bench)
    assert result.unknown == ("app.nix", "nix.alone.id")
    with pytest.raises(UnknownObject):
        await use_of.run(use_of.Args(names=("nix",)), bench)
    for name in ("parents", "app.parnet", "Parent"):
        with pytest.raises(UnknownObject, match=r"Did you mean app\.parent\?"):
            await use_of.run(use_of.Args(names=(name,)), bench)


@pytest.mark.parametrize(
    ("condition", "how", "failing"),
    [
        ("value > 100", "refused", 30),
        ("r.value = 7", "refused", 30),
        ("value > '100'", "as text", 30),
        ("value BETWEEN '1' AND '5'", "as text", 30),
        ("value::numeric > 100", "cast", 30),
        ("CAST(r.value AS int) IN (1, 2)", "cast", 40),
        ("id IN (SELECT value::float8 FROM app.readings)", "cast", 30),
        ("kind = 7", "refused", 0),
    ],
)
async def test_text_against_numbers(bench: Bench, condition: str, how: str, failing: int) -> None:
    sql = f"SELECT 1 FROM app.readings r WHERE {condition}"
    one, *_ = (await text_numbers.run(text_numbers.Args(sql=sql), bench)).columns
    assert (one.how, one.failing, one.looked_at) == (how, failing, 100)
    if one.column == "value":
        assert (one.blank, one.words, one.filled) == (10, 10, 90)


async def test_the_cast_fails_just_where_it_is_said_to(bench: Bench, any_database: Database) -> None:
    for kind in ("numeric", "int"):
        sql = f"SELECT value::{kind} FROM app.readings"
        (one,) = (await text_numbers.run(text_numbers.Args(sql=sql), bench)).columns
        failed = 0
        with psycopg.connect(any_database.dsn, autocommit=True) as connection:
            for (value,) in connection.execute("SELECT value FROM app.readings").fetchall():
                try:
                    connection.execute(f"SELECT %s::text::{kind}".encode(), (value,))
                except psycopg.DataError:
                    failed += 1
        assert one.failing == failed


@pytest.mark.parametrize(
    "condition", ["value = '7'", "id > 5", "value IN ('1', '2')", "value LIKE '1%'", "value > 'a'"]
)
async def test_text_against_text_is_left_alone(bench: Bench, condition: str) -> None:
    sql = f"SELECT 1 FROM app.readings WHERE {condition}"
    assert (await text_numbers.run(text_numbers.Args(sql=sql), bench)).columns == ()
