"""A small shop whose reader may only read one schema, and a pooler before it."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft202012Validator
from psycopg.conninfo import make_conninfo

from common.engines.account import account
from tests.commands import Said, said_by

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = Draft202012Validator(json.loads((ROOT / "tests" / "schemas" / "advise.json").read_text()))
PASSWORD = "reads-only"

SHOP = """
CREATE SCHEMA app;
CREATE SCHEMA secret;
CREATE TABLE app.customers (id int PRIMARY KEY, code text NOT NULL, city text NOT NULL);
INSERT INTO app.customers SELECT g, 'Code' || g, 'c' || g % 50 FROM generate_series(1, 20000) AS g;
CREATE TABLE app.orders (id bigint PRIMARY KEY, customer_id int NOT NULL REFERENCES app.customers, state text NOT NULL,
    at timestamptz NOT NULL, total numeric NOT NULL, filler text NOT NULL);
INSERT INTO app.orders SELECT g, 1 + (g::bigint * 7919) % 20000, CASE WHEN g % 500 = 0 THEN 'open' ELSE 'paid' END,
    timestamptz '2026-01-01' + g * interval '1 minute', g % 1000, repeat('x', 60) FROM generate_series(1, 50000) AS g;
CREATE TABLE secret.wages (id int PRIMARY KEY, grade int NOT NULL);
INSERT INTO secret.wages SELECT g, g % 5000 FROM generate_series(1, 20000) AS g;
CREATE VIEW app.grades AS SELECT id, grade FROM secret.wages;
CREATE TABLE app.fresh (id int, v int) WITH (autovacuum_enabled = off);
"""


@dataclass(frozen=True)
class Shop:
    """`reader` is the DSN of a role that may read the schema app, and no more."""

    database: Any
    reader: str
    role: str

    @property
    def major(self) -> int:
        major: int = self.database.major
        return major


@contextmanager
def opened(server: Any) -> Iterator[Shop]:
    """A shop on this server: no extension in it."""
    database = server.new_database()
    database.execute(SHOP)
    database.execute("VACUUM ANALYZE app.customers, app.orders, secret.wages")
    role = f"r_{database.name}"
    database.execute(
        f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'; GRANT USAGE ON SCHEMA app TO {role};"
        f" GRANT SELECT ON ALL TABLES IN SCHEMA app TO {role}"
    )
    try:
        yield Shop(database, make_conninfo(database.dsn, user=role, password=PASSWORD, passfile=""), role)
    finally:
        database.drop()
        server.execute(f"DROP ROLE {role}")


@pytest.fixture(scope="module")
def shop(any_postgres: Any) -> Iterator[Shop]:
    """A shop on each of the two servers in turn, without HypoPG and pg_stat_statements."""
    with opened(any_postgres) as found:
        yield found


@pytest.fixture(scope="module")
def pooled(shop: Shop, build_data: Path) -> Iterator[str]:
    """The reader's DSN through PgBouncer in transaction mode, with a single connection to the server behind it."""
    program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    if not Path(program).exists():
        pytest.skip("needs PgBouncer: apt-get install pgbouncer")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    who, folder = account(), build_data / f"advice-pooler{shop.major}"
    folder.mkdir(exist_ok=True)
    who.own(folder)
    (folder / "users").write_text(f'"{shop.role}" "{PASSWORD}"\n')
    (folder / "ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={urlsplit(shop.database.dsn).port}\n[pgbouncer]\n"
        f"listen_addr=127.0.0.1\nlisten_port={port}\nauth_type=plain\nauth_file={folder}/users\n"
        "pool_mode=transaction\ndefault_pool_size=1\nunix_socket_dir=\n"
    )
    process = subprocess.Popen(
        [program, str(folder / "ini")], user=who.uid, group=who.gid, extra_groups=[], cwd="/", stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield make_conninfo(shop.reader, port=port)
    finally:
        process.terminate()
        process.wait()


async def run(*args: str, **environment: str) -> Said:
    """The command line in this process; as a process of its own where `environment` says where its engines are."""
    if not environment:
        return await asyncio.to_thread(said_by, *args)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agents", *args, cwd=ROOT, env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode is not None
    return Said(process.returncode, out.decode(), err.decode())


Advise = Callable[..., Any]


@pytest.fixture
def command() -> Callable[..., Any]:
    """`await command("health", "--dsn", dsn, "--json")`."""
    return run


@pytest.fixture
def advise(tmp_path: Path) -> Advise:
    """`await advise(dsn, workload, "--time", "20")`: the command's answer, which fits its schema."""

    async def call(dsn: str, workload: str | bytes, *more: str, **environment: str) -> Any:
        file = tmp_path / "workload.sql"
        file.write_bytes(workload if isinstance(workload, bytes) else workload.encode())
        said = await run("advise", "--dsn", dsn, "--workload", str(file), "--json", *more, **environment)
        assert said.code in (0, 1), said.err
        assert said.code == any(said.json[part] for part in ("indexes", "drops", "statistics"))
        assert "Traceback" not in said.err
        SCHEMA.validate(said.json)
        return said.json

    return call
