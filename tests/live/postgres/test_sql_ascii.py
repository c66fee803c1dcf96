"""A SQL_ASCII database (what initdb makes under LC_ALL=C), whose rows are UTF-8 in part and Latin-1 in part."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.commands import said_by
from tests.conftest import Database, Server

ROOT = Path(__file__).resolve().parents[3]
TABLES = """
CREATE TABLE towns (id int PRIMARY KEY, name text NOT NULL, country char(2), "größe" int);
INSERT INTO towns SELECT g, 'town' || g, 'de' FROM generate_series(1, 40000) AS g;
UPDATE towns SET name = 'Zürich' WHERE id = 1;
UPDATE towns SET name = E'K\\xf6ln' WHERE id = 2;
-- Enough for a sample of all rows: the bytes that are no UTF-8 are the histogram's first bound, always.
ALTER TABLE towns ALTER name SET STATISTICS 200;
ANALYZE towns;
"""


@pytest.fixture(scope="module")
def towns(any_postgres: Server) -> Iterator[str]:
    """The administrator's DSN of the database."""
    database = Database(any_postgres, f"ascii_{any_postgres.major}")
    any_postgres.execute(
        f"CREATE DATABASE {database.name} TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"
    )
    with psycopg.connect(database.dsn, autocommit=True, client_encoding="sql_ascii") as connection:
        connection.execute(TABLES.encode())
    yield database.dsn
    database.drop()
    any_postgres.execute(
        f"DROP OWNED BY ascii_reader_{any_postgres.major}; DROP ROLE ascii_reader_{any_postgres.major}"
    )


@pytest.fixture(scope="module")
def reader(towns: str, any_postgres: Server) -> str:
    """The DSN that `grant --apply` gives."""
    code, answer, said = p3(
        "grant", "--dsn", towns, "--role", f"ascii_reader_{any_postgres.major}", "--apply", "--json"
    )
    assert code == 0, said
    dsn: str = answer["dsn"]
    return dsn


def p3(*words: str) -> tuple[int, Any, str]:
    said = said_by(*words)
    return said.code, said.json, said.err


def test_the_rights_of_the_role_are_read(reader: str) -> None:
    assert "ascii_reader" in reader
    assert make_conninfo(reader)


def test_its_health_is_told(reader: str) -> None:
    code, answer, said = p3("health", "--dsn", reader, "--json")
    assert code in (0, 1), said
    assert answer["findings"]


def test_a_migration_is_rehearsed_on_a_copy_of_the_same_encoding(reader: str, tmp_path: Path) -> None:
    file = tmp_path / "up.sql"
    file.write_text("ALTER TABLE towns ADD COLUMN mayor text DEFAULT 'größer';")
    code, answer, said = p3("rehearse", "--dsn", reader, str(file), "--json")
    assert code in (0, 1), said
    assert [each["error"] for each in answer["steps"]] == [None], answer
    assert answer["down"]["restores"] is True
    assert answer["verdict"] != "unsafe", answer["findings"]


def test_an_index_is_advised(reader: str, tmp_path: Path) -> None:
    file = tmp_path / "work.sql"
    file.write_text("SELECT * FROM towns WHERE name = 'Zürich';")
    code, answer, said = p3("advise", "--dsn", reader, "--workload", str(file), "--time", "20", "--json")
    assert code == 1, said
    assert [each["table"] for each in answer["indexes"]] == ["public.towns"], answer


def test_a_statement_is_measured(reader: str, tmp_path: Path) -> None:
    code, answer, said = p3(
        "consult", "--dsn", reader, "This is slow:\n\n```sql\nSELECT * FROM towns WHERE name = 'Zürich';\n```", "--json"
    )
    assert code in (0, 1), said
    assert "CREATE INDEX" in json.dumps(answer), answer
