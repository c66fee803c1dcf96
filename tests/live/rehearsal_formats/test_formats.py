"""Migrations as their tools write and print them, read and then rehearsed on a live shop."""

from pathlib import Path

import pytest

from common.errors import InputError
from tests.commands import said_by
from tests.live.rehearsal.conftest import Shop
from tests.live.rehearsal.ground import Ground
from tools.postgres.connection import Postgres
from tools.postgres.rehearsal.formats import read_as
from tools.postgres.rehearsal.formats.file import load
from tools.postgres.rehearsal.script import read_script

DJANGO = """BEGIN;
--
-- Add field more to Colour
--
ALTER TABLE "shop"."colour" ADD COLUMN "more" integer DEFAULT 3 NOT NULL;
ALTER TABLE "shop"."colour" ALTER COLUMN "more" DROP DEFAULT;
--
-- Raw Python operation
--
-- THIS OPERATION CANNOT BE WRITTEN AS SQL
--
-- Alter field name on Colour
--
CREATE INDEX "colour_name_like" ON "shop"."colour" ("name" text_pattern_ops);
--
-- Change Meta options on Colour
--
-- (no-op)
COMMIT;
"""
DJANGO_BACK = """BEGIN;
--
-- Change Meta options on Colour
--
-- (no-op)
--
-- Alter field name on Colour
--
DROP INDEX IF EXISTS "shop"."colour_name_like";
--
-- Add field more to Colour
--
ALTER TABLE "shop"."colour" DROP COLUMN "more" CASCADE;
COMMIT;
"""
RAILS = """Migrating to AddHexToColour (20260101000000)
  \x1b[1m\x1b[35m (0.2ms)\x1b[0m  \x1b[1m\x1b[34mSELECT pg_try_advisory_lock(3708021987457411335)\x1b[0m
  \x1b[1m\x1b[36mActiveRecord::SchemaMigration Load (0.3ms)\x1b[0m  \x1b[1m\x1b[34mSELECT "schema_migrations"."version" FROM "schema_migrations"\x1b[0m
== 20260101000000 AddHexToColour: migrating ===================================
-- add_column("shop.colour", :hex, :string)
  \x1b[1m\x1b[36mTRANSACTION (0.1ms)\x1b[0m  \x1b[1m\x1b[35mBEGIN\x1b[0m
  \x1b[1m\x1b[35m (0.4ms)\x1b[0m  \x1b[1m\x1b[35mALTER TABLE "shop"."colour" ADD "hex" character varying\x1b[0m
  \u21b3 db/migrate/20260101000000_add_hex_to_colour.rb:3:in `change'
   -> 0.0006s
-- execute("COMMENT ON COLUMN ...")
   (0.3ms)  COMMENT ON COLUMN "shop"."colour"."hex"
      IS 'as #rrggbb;
         or nothing'
   -> 0.0002s
  Colour Update All (0.2ms)  UPDATE "shop"."colour" SET "hex" = $1 WHERE "shop"."colour"."id" = $2  [["hex", "it's \\"red\\""], ["id", 3]]
== 20260101000000 AddHexToColour: migrated (0.0009s) ==========================

  ActiveRecord::SchemaMigration Create (0.2ms)  INSERT INTO "schema_migrations" ("version") VALUES ($1) RETURNING "version"  [["version", "20260101000000"]]
  TRANSACTION (1.8ms)  COMMIT
  (0.2ms)  SELECT pg_advisory_unlock(3708021987457411335)
Migrating to AddHexToColour (20260101000000)
  TRANSACTION (0.1ms)  BEGIN
== 20260101000000 AddHexToColour: reverting ===================================
-- remove_column("shop.colour", :hex, :string)
   (0.4ms)  ALTER TABLE "shop"."colour" DROP COLUMN "hex"
   -> 0.0006s
== 20260101000000 AddHexToColour: reverted (0.0009s) ==========================
  ActiveRecord::SchemaMigration Destroy (0.2ms)  DELETE FROM "schema_migrations" WHERE "schema_migrations"."version" = '20260101000000'
  TRANSACTION (1.8ms)  COMMIT
"""  # noqa: E501
LOGGER = """D, [2026-01-01T10:00:00.774889 #59610] DEBUG -- :    (0.1ms)  BEGIN
D, [2026-01-01T10:00:00.774889 #59610] DEBUG -- : == 1 AddHex: migrating ====
D, [2026-01-01T10:00:00.774889 #59610] DEBUG -- :    (0.1ms)  ALTER TABLE "shop"."colour" ADD "hex" text
D, [2026-01-01T10:00:00.786583 #59610] DEBUG -- :   SQL (0.2ms)  INSERT INTO "schema_migrations" ("version") VALUES (?)  [["version", "1"]]
D, [2026-01-01T10:00:00.774889 #59610] DEBUG -- :    (0.1ms)  COMMIT
"""  # noqa: E501
FLYWAY_DEBUG = """Flyway Community Edition 10.1 by Redgate
DEBUG: Executing SQL: SELECT COUNT(*) FROM pg_namespace WHERE nspname='public'
Migrating schema "public" to version "7 - colours"
DEBUG: Parsing V7__colours.sql ...
DEBUG: Executing SQL: CREATE TABLE shop.shade (
  id int PRIMARY KEY,
  of int REFERENCES shop.colour (id)
)
DEBUG: 0 rows affected
DEBUG: Executing SQL: COMMENT ON TABLE shop.shade IS 'x'
DEBUG: Update Count: 0
DEBUG: Executing SQL: INSERT INTO "public"."flyway_schema_history" ("installed_rank") VALUES (1)
INFO: Successfully applied 1 migration
"""
TEXTS = [
    ("SQL, as psql runs it", "ALTER TABLE shop.colour ADD hex text;", None),
    ("without the commands that only change what psql shows",
     "\\set ON_ERROR_STOP on\n\\echo hello\n\\timing\nALTER TABLE shop.colour ADD hex text;\n", None),
    ("sqlmigrate prints, 4 operations, in one transaction", DJANGO, DJANGO_BACK),
    ("sqlmigrate prints, 1 operation, in no transaction",
     "--\n-- Concurrently create index n on field(s) name of model Colour\n--\n"
     'CREATE INDEX CONCURRENTLY "n" ON "shop"."colour" ("name");\n', None),
    ("a Rails log of AddHexToColour, with what reverts it", RAILS, None),
    ("a Rails log of AddHex", LOGGER, None),
    ("flyway -X printed", FLYWAY_DEBUG, None),
    ("a dbmate migration, in one transaction, with its own way back",
     "-- migrate:up\nALTER TABLE shop.colour ADD hex text;\n\n-- migrate:down\nALTER TABLE shop.colour DROP hex;\n", None),
    ("a dbmate migration, in no transaction, with its own way back",
     "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY n ON shop.colour (name);\n"
     "-- migrate:down transaction:false\nDROP INDEX CONCURRENTLY shop.n;\n", None),
    ("a goose migration, in one transaction, with its own way back",
     "-- +goose Up\r\n-- +goose StatementBegin\r\nCREATE FUNCTION shop.f() RETURNS int LANGUAGE plpgsql AS $$\r\n"
     "BEGIN RETURN 1; END $$;\r\n-- +goose StatementEnd\r\n-- +goose Down\r\nDROP FUNCTION shop.f();\r\n", None),
    ("a goose migration, in no transaction",
     "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY n ON shop.colour (name);\n", None),
    ("a sql-migrate migration, in one transaction, with its own way back",
     "-- +migrate Up\nALTER TABLE shop.colour ADD hex text;\n-- +migrate Down\nALTER TABLE shop.colour DROP hex;\n", None),
    ("Liquibase formatted SQL, 2 changesets, with rollback",
     "--liquibase formatted sql\n\n--changeset ann:1 labels:x\n--comment: why\nALTER TABLE shop.colour ADD hex text;\n"
     "--rollback ALTER TABLE shop.colour DROP COLUMN hex;\n\n--changeset ann:2 runInTransaction:false\n"
     "CREATE INDEX CONCURRENTLY n ON shop.colour (hex);\n--rollback DROP INDEX CONCURRENTLY shop.n;\n", None),
]  # fmt: skip


@pytest.mark.parametrize(("what", "text", "back"), TEXTS, ids=[str(each[0]) for each in TEXTS])
async def test_what_a_tool_wrote_or_printed_is_rehearsed(
    ground: Ground, live: Postgres, what: str, text: str, back: str | None
) -> None:
    reading = read_as(text)
    assert what in reading.what
    down = read_as(back).up if back else reading.down
    report = await ground.rehearse(live, reading.up, down)
    assert [step.error for step in report.steps if step.error] == []
    assert len(report.steps) >= 1
    assert report.down.restores is not False, report.down
    assert report.down.source == ("given" if down else "derived") or report.down.source == "none"


def test_statements_keep_the_lines_of_the_file() -> None:
    for _, text, _ in TEXTS:
        lines = text.splitlines()
        for statement in read_script(read_as(text).up):
            if not statement.control:
                word = statement.sql.split()[0]
                assert word in lines[statement.line - 1], (statement, lines[statement.line - 1])


def test_values_that_rails_logs_beside_a_statement_stand_in_it() -> None:
    reading = read_as(RAILS)
    assert """SET "hex" = 'it''s "red"' WHERE "shop"."colour"."id" = 3""" in reading.up
    assert "schema_migrations" not in reading.up + (reading.down or "")
    assert "advisory" not in reading.up
    assert "or nothing" in reading.up


def test_a_rails_log_without_a_way_back_is_not_said_to_hold_one() -> None:
    reading = read_as(RAILS.split("Migrating to")[1])
    assert (reading.what, reading.down) == ("a Rails log of AddHexToColour", None)


def test_python_in_a_django_migration_is_named() -> None:
    assert read_as(DJANGO).notes == ("Raw Python operation: Django runs Python there, which was not rehearsed",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("== 1 AddHex: migrating ====\n-- add_column(:colour, :hex, :string)\n   -> 0.0006s\n", "without the SQL"),
        ("diff --git a/db/structure.sql b/db/structure.sql\n@@ -1,2 +1,3 @@\n CREATE TABLE x (\n+  id int\n", "a diff"),
        ("COPY shop.colour FROM stdin;\n1\tred\n\\.\n", "Line 1 copies rows from the client"),
        ("--liquibase formatted sql\n--changeset a:1 endDelimiter:GO\nSELECT 1 GO\n", "ends its statements with GO"),
    ],
)
def test_what_cannot_be_rehearsed_is_named(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_as(text)


def flyway(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("_sql", ".sql").replace("_conf", ".conf")).write_text(text)
    return folder / "V1_2__more_colours.sql"


def test_flyway_names_undo_placeholders_and_transactions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = flyway(
        tmp_path,
        V1_2__more_colours_sql="-- for ${nobody}\nALTER TABLE ${flyway:defaultSchema}.colour ADD ${column} ${kind};\n",
        U1_2__more_colours_sql="ALTER TABLE shop.colour DROP ${column};\n",
        flyway_conf="flyway.defaultSchema=shop\nflyway.placeholders.column=hex\n",
    )
    with pytest.raises(InputError, match=r"line 2 holds the placeholder \$\{kind\}"):
        read_as(*load(str(path)))
    monkeypatch.setenv("FLYWAY_PLACEHOLDERS_KIND", "text")
    reading = read_as(*load(str(path)))
    assert reading.what == "a Flyway migration, in one transaction, with its undo U1_2__more_colours.sql"
    assert [each.sql for each in read_script(reading.up)] == ["BEGIN", "ALTER TABLE shop.colour ADD hex text", "COMMIT"]
    assert "DROP hex" in (reading.down or "")
    (tmp_path / "V1_2__more_colours.sql.conf").write_text("executeInTransaction=false\n")
    assert "in no transaction" in read_as(*load(str(path))).what
    mixed = tmp_path / "V2__mixed.sql"
    mixed.write_text("CREATE INDEX CONCURRENTLY i ON shop.colour (name);\nALTER TABLE shop.colour ADD x int;\n")
    reading = read_as(*load(str(mixed)))
    assert "in no transaction" in reading.what
    assert "Flyway refuses V2__mixed.sql" in reading.notes[0]
    only = tmp_path / "V3__only.sql"
    only.write_text("CREATE INDEX CONCURRENTLY i ON shop.colour (name);\n")
    assert read_as(*load(str(only))).notes == ()


def test_files_beside_hold_the_way_back(tmp_path: Path) -> None:
    (tmp_path / "000007_hex.up.sql").write_text("ALTER TABLE shop.colour ADD hex text;")
    (tmp_path / "000007_hex.down.sql").write_text("ALTER TABLE shop.colour DROP hex;")
    reading = read_as(*load(str(tmp_path / "000007_hex.up.sql")))
    assert reading.what == "a golang-migrate migration, with 000007_hex.down.sql"
    assert "DROP hex" in (reading.down or "")
    for folder in ("deploy", "revert"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "hex.sql").write_text(f"-- {folder}\nBEGIN; SELECT 1; COMMIT;")
    (tmp_path / "sqitch.plan").write_text("%project=x\n")
    assert read_as(*load(str(tmp_path / "deploy" / "hex.sql"))).what == "a sqitch change, with revert/hex.sql"


@pytest.mark.once
@pytest.mark.parametrize("how", ["file", "stdin"])
def test_the_command_says_what_it_read(shop: Shop, tmp_path: Path, how: str) -> None:
    path = flyway(tmp_path, V1_2__more_colours_sql="ALTER TABLE shop.colour ADD hex text;\n",
                  U1_2__more_colours_sql="ALTER TABLE shop.colour DROP hex;\n")  # fmt: skip
    name = str(path) if how == "file" else "-"
    done = said_by("rehearse", "--dsn", shop.dsn, name, "--json", stdin=RAILS)
    said = done.json
    assert done.code == (0 if said["verdict"] == "safe" else 1)
    assert said["read_as"].startswith("a Flyway migration" if how == "file" else "a Rails log")
    assert (said["down"]["source"], said["down"]["restores"]) == ("given", True)


STOPS = """ALTER TABLE shop.colour ADD CHECK (id > 5);
ALTER TABLE shop.colour DROP COLUMN name;
"""


@pytest.mark.once
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_the_command_names_what_it_did_not_run(shop: Shop, form: list[str]) -> None:
    done = said_by("rehearse", "--dsn", shop.dsn, "-", *form, stdin=STOPS)
    assert done.code == 1, done.err
    note = (
        "statement 1 failed, so statement 2 was not run: nothing is known of what follows; psql without ON_ERROR_STOP would"
        " go on with statement 2 all the same"
    )
    if form:
        assert done.json["notes"] == [note]
        assert [each["ran"] for each in done.json["steps"]] == [True, False]
    else:
        assert f"Note: {note}." in done.out
        assert "  2. ALTER TABLE shop.colour DROP COLUMN name\n     not run, as statement 1 failed\n" in done.out
