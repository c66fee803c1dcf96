"""The command line as a program: what it prints and how it ends, on a shop's database with a role that only reads."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from common.config.settings import Settings
from common.directories import ROOT
from tests.commands import Said, said_by
from tools.postgres.grant import grant

SHOP = """
CREATE SCHEMA shop;
CREATE TABLE shop.customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL);
CREATE TABLE shop.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES shop.customers,
    total double precision NOT NULL,
    placed_at timestamptz NOT NULL
);
INSERT INTO shop.customers (email) SELECT 'c' || n || '@shop.example' FROM generate_series(1, 1000) AS n;
INSERT INTO shop.orders (customer_id, total, placed_at)
SELECT 1 + (n * 7919) % 1000, n % 500, timestamptz '2026-01-01 00:00+00' + n * interval '1 minute'
FROM generate_series(1, 20000) AS n;
"""


@dataclass(frozen=True)
class Shop:
    """`owner` may do anything there, `reader` only read; `environment` points commands at a state store of its own."""

    owner: str
    reader: str
    environment: dict[str, str] = field(default_factory=dict)

    def p3(self, *arguments: str, stdin: str = "", **variables: str) -> Said:
        """Run the command line on these arguments."""
        ended = subprocess.run(
            [sys.executable, "-m", "agents", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment, **variables},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert "Traceback" not in ended.stderr + ended.stdout, ended.stderr
        return Said(ended.returncode, ended.stdout, ended.stderr)

    def said_by(self, *arguments: str, stdin: str = "", **variables: str) -> Said:
        """The same in this process."""
        return said_by(*arguments, stdin=stdin, **{**self.environment, **variables})

    def logged(self, command: str) -> list[dict[str, Any]]:
        """What the command wrote to its log."""
        folder = Path(os.environ["DBCREW_BUILD_DATA"], "logs")
        return [
            json.loads(line) for file in folder.glob(f"{command}-2*.jsonl") for line in file.read_text().splitlines()
        ]


@pytest.fixture(scope="module")
def shop(postgres18) -> Iterator[Shop]:
    """The shop on PostgreSQL 18."""
    yield from _opened(postgres18, postgres18)


@pytest.fixture(scope="module")
def shop15(postgres15, postgres18) -> Iterator[Shop]:
    """The shop on PostgreSQL 15; its state store is on 18."""
    yield from _opened(postgres15, postgres18)


def _opened(server, state_server) -> Iterator[Shop]:
    database, state = server.new_database(), state_server.new_database()
    database.execute(SHOP)
    database.execute("VACUUM ANALYZE")
    reader = asyncio.run(grant(database.dsn, Settings(), role=f"reader_{database.name}", apply=True)).dsn
    yield Shop(database.dsn, reader, {"DBCREW_STATE_DSN": state.dsn})
    database.drop()
    state.drop()


@pytest.fixture(scope="session")
def fits() -> Callable[[Any, str], None]:
    """`fits(value, name)`: the value is what tests/schemas/<name>.json describes."""
    from jsonschema import Draft202012Validator

    def check(value: Any, name: str) -> None:
        schema = json.loads((ROOT / "tests" / "schemas" / f"{name}.json").read_text())
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(value)

    return check
